import { AsyncLocalStorage } from 'node:async_hooks';
import type { TraceContext } from './trace-context.js';

/** A span that is over. It tells ids, types, states and codes; never what people or systems have sent. */
export interface SpanReport {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  readonly context: TraceContext;
  /** null: the first of its trace. */
  readonly parent: TraceContext | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** A code; null: it went well. */
  readonly error: string | null;
}

/** Where spans go. */
export interface SpanSink {
  report(span: SpanReport): void;
  close(): Promise<void>;
}

/** Traces of this process. Off unless there is a sink: then nothing is kept, made or asked for. */
export class Tracing {
  private readonly storage: AsyncLocalStorage<TraceContext> | null;

  constructor(private readonly sink: SpanSink | null) {
    this.storage = sink === null ? null : new AsyncLocalStorage();
  }

  get isOn(): boolean {
    return this.sink !== null;
  }

  /** The span in which the caller works. */
  current(): TraceContext | null {
    return this.storage?.getStore() ?? null;
  }

  /** Work within a span, and everything that it calls. */
  run<T>(context: TraceContext, work: () => T): T {
    return this.storage === null ? work() : this.storage.run(context, work);
  }

  /** What nobody has asked to be recorded is not. */
  report(span: SpanReport): void {
    if (span.context.isSampled) this.sink?.report(span);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sink?.close();
  }
}

export const NO_TRACING = new Tracing(null);
