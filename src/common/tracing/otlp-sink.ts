import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type TraceState,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type IdGenerator } from '@opentelemetry/sdk-trace';
import type { AppConfig } from '../config/app-config.js';
import type { TraceContext } from './trace-context.js';
import type { SpanReport, SpanSink } from './tracing.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;
const TRACES_PATH = '/v1/traces';
/** A collector that is away must not hold up the end of the process. */
const CLOSE_MS = 2_000;

/** Our spans have ids before they are made: the next one takes these. */
class GivenIds implements IdGenerator {
  next: TraceContext | null = null;

  generateTraceId(): string {
    return this.next?.traceId ?? '';
  }

  generateSpanId(): string {
    return this.next?.spanId ?? '';
  }
}

/** OpenTelemetry's SDK, sending OTLP over HTTP in the background. Loaded only when traces are wanted. */
export function openOtlpSink(config: Pick<AppConfig, 'serviceName'>, endpoint: string, instance: string): SpanSink {
  const idGenerator = new GivenIds();
  const exporter = new OTLPTraceExporter({ url: endpoint.replace(/\/$/, '') + TRACES_PATH });
  const provider = new TracerProvider({
    idGenerator,
    resource: resourceFromAttributes({
      'service.name': config.serviceName,
      'service.instance.id': instance,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('millrace');
  return {
    report({ name, kind, context, parent, startedAt, endedAt, attributes, error }: SpanReport) {
      idGenerator.next = context;
      const options = { kind: KINDS[kind], startTime: startedAt, attributes: { ...attributes } };
      const span = tracer.startSpan(name, options, parent === null ? ROOT_CONTEXT : below(parent));
      if (error !== null) {
        span.setAttribute('error.type', error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      }
      span.end(Math.max(startedAt, endedAt));
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function below({ traceId, spanId, state }: TraceContext): Context {
  const traceState = state === null ? {} : { traceState: asItCame(state) };
  const place = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true, ...traceState };
  return trace.setSpanContext(ROOT_CONTEXT, place);
}

/** Nothing of it is ours to change. */
function asItCame(text: string): TraceState {
  const state: TraceState = { serialize: () => text, get: () => undefined, set: () => state, unset: () => state };
  return state;
}
