import { Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { ExecutionNotFoundError, StreamInterruptedError, StreamsExhaustedError } from '../engine.errors.js';
import { HEARTBEAT, OPENING, sseEvent, type LiveEvent } from './server-sent-events.js';
import { Watches } from './watches.js';

const MOST_STREAMS = 200;
/** A signal may have been lost. */
const LOOK_AGAIN_MS = 1_000;
/** However fast an execution changes, it is not looked at more often. */
const SHORTEST_GAP_MS = 100;
/** Looks without news until a heartbeat: some 15 seconds. */
const QUIET_LOOKS = 15;
/** A reader that takes nothing for that long is cut off. */
const READER_PATIENCE_MS = 30_000;
/** Then it must connect again, and show its key again. */
const LONGEST_MS = 3_600_000;
const LAST_WORD_MS = 2_000;
const STREAM_BUFFER_BYTES = 64 * 1024;

/** One look at the truth: events to send, until there are no more. @returns true when nothing will follow. */
export interface Look {
  (): AsyncGenerator<LiveEvent, boolean>;
  /** Begins to gather what is kept nowhere; `wake` asks for the next look. @returns ends it */
  readonly attach?: (wake: () => void) => () => void;
}

/** Nothing has happened for a while. */
const QUIET = null;

interface Open {
  interrupt(reason: string): void;
  readonly closed: Promise<void>;
}

/** The open event streams of this process. Each pulls from PostgreSQL as fast as its reader reads, and holds one page. */
@Injectable()
export class ExecutionStreams implements OnModuleDestroy {
  private readonly logger = new Logger('Streams');
  private readonly open = new Set<Open>();
  private draining = false;

  constructor(private readonly watches: Watches) {}

  /** The server drains: clients are told, and come back to another replica with `Last-Event-ID`. */
  async onModuleDestroy(): Promise<void> {
    this.draining = true;
    const all = [...this.open];
    for (const stream of all) stream.interrupt('draining');
    await Promise.all(all.map((stream) => stream.closed));
  }

  /** @throws StreamsExhaustedError 503 when this process holds as many as it may. */
  start(executionId: string, reply: FastifyReply, look: Look): Readable {
    this.refuseMore();
    const { raw } = reply;
    const gone = new AbortController();
    let reason: string | null = null;
    const interrupt = (why: string): void => {
      reason ??= why;
      gone.abort();
    };
    const patience = setTimeout(() => {
      // The stream stands still: this goes behind what is under way already, and nothing follows.
      interrupt('slow_reader');
      raw.end(interrupted('slow_reader'));
      destroyLater();
    }, READER_PATIENCE_MS);
    const destroyLater = (): void => void setTimeout(() => raw.destroy(), LAST_WORD_MS).unref();
    const age = setTimeout(() => interrupt('max_age'), LONGEST_MS);
    const frames = framesOf(this.events(executionId, look, gone.signal, () => patience.refresh()));
    const lastWord = (): string | null => reason;
    const stream = Readable.from(withLastWord(frames, lastWord, this.logger), {
      objectMode: false,
      highWaterMark: STREAM_BUFFER_BYTES,
    });
    const closed = new Promise<void>((resolve) => raw.once('close', resolve));
    const entry: Open = {
      interrupt: (why) => {
        interrupt(why);
        destroyLater();
      },
      closed,
    };
    this.open.add(entry);
    raw.once('close', () => {
      clearTimeout(patience);
      clearTimeout(age);
      gone.abort();
      stream.destroy();
      this.open.delete(entry);
    });
    void reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    return stream;
  }

  /**
   * The same for a transport that pulls by itself. Ends after `end`, or when the client is gone.
   * @throws StreamsExhaustedError 503; StreamInterruptedError 503 when the server drains or the stream is too old;
   *   ExecutionNotFoundError 404 when it was deleted meanwhile.
   */
  async *follow(executionId: string, look: Look, client: AbortSignal): AsyncGenerator<LiveEvent> {
    this.refuseMore();
    const stop = new AbortController();
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    const interrupt = (why: string): void => stop.abort(why);
    const age = setTimeout(() => interrupt('max_age'), LONGEST_MS);
    const entry: Open = {
      interrupt: (why) => {
        interrupt(why);
        // A reader that stands still is not waited for.
        setTimeout(close, LAST_WORD_MS).unref();
      },
      closed,
    };
    this.open.add(entry);
    try {
      for await (const one of this.events(executionId, look, AbortSignal.any([stop.signal, client]), () => undefined)) {
        if (one === QUIET) continue;
        if (one.event === 'interrupted') throw new ExecutionNotFoundError(executionId);
        yield one;
      }
      if (stop.signal.aborted) throw new StreamInterruptedError(String(stop.signal.reason));
    } finally {
      clearTimeout(age);
      this.open.delete(entry);
      close();
    }
  }

  private refuseMore(): void {
    if (this.draining || this.open.size >= MOST_STREAMS) throw new StreamsExhaustedError();
  }

  /** Looks, again and again. Whatever changes after a look began wakes the next one, so nothing falls in between. */
  private async *events(
    executionId: string,
    look: Look,
    gone: AbortSignal,
    pulled: () => void,
  ): AsyncGenerator<LiveEvent | typeof QUIET> {
    const news = new News(gone);
    const unwatch = this.watches.watch(executionId, () => news.come());
    const detach = look.attach?.(() => news.come());
    try {
      let quiet = 0;
      while (!gone.aborted) {
        const said = yield* saying(look(), gone, pulled);
        if (said.ended) return;
        quiet = said.anything ? 0 : quiet + 1;
        if (quiet >= QUIET_LOOKS) {
          quiet = 0;
          yield QUIET;
        }
        pulled();
        await news.wait(LOOK_AGAIN_MS);
        pulled();
      }
    } finally {
      detach?.();
      unwatch();
    }
  }
}

async function* saying(
  events: AsyncGenerator<LiveEvent, boolean>,
  gone: AbortSignal,
  pulled: () => void,
): AsyncGenerator<LiveEvent, { ended: boolean; anything: boolean }> {
  let anything = false;
  try {
    for (;;) {
      const next = await events.next();
      if (gone.aborted) return { ended: false, anything };
      if (next.done) return { ended: next.value, anything };
      anything = true;
      yield next.value;
      pulled();
    }
  } catch (error) {
    // The database is away: the next look goes on where this one stopped.
    if (!isConnectionLoss(error)) throw error;
    return { ended: false, anything };
  } finally {
    await events.return(false);
  }
}

async function* framesOf(events: AsyncGenerator<LiveEvent | typeof QUIET>): AsyncGenerator<string> {
  yield OPENING;
  for await (const one of events) yield one === QUIET ? HEARTBEAT : sseEvent(one);
}

function interrupted(reason: string): string {
  return sseEvent({ event: 'interrupted', data: { reason } });
}

async function* withLastWord(
  frames: AsyncGenerator<string>,
  reasonOf: () => string | null,
  logger: Logger,
): AsyncGenerator<string> {
  try {
    yield* frames;
  } catch (error) {
    logger.error({ message: 'an event stream broke', err: error });
    yield interrupted('error');
    return;
  }
  const reason = reasonOf();
  if (reason !== null) yield interrupted(reason);
}

/** Waits for news, at least the shortest gap and at most a given time. */
class News {
  private fresh = false;
  private wake: () => void = () => undefined;

  constructor(private readonly gone: AbortSignal) {
    gone.addEventListener('abort', () => this.wake());
  }

  come(): void {
    this.fresh = true;
    this.wake();
  }

  async wait(milliseconds: number): Promise<void> {
    await this.pause(SHORTEST_GAP_MS, () => false);
    await this.pause(milliseconds - SHORTEST_GAP_MS, () => this.fresh);
    this.fresh = false;
  }

  private async pause(milliseconds: number, isOver: () => boolean): Promise<void> {
    const endsAt = performance.now() + milliseconds;
    for (;;) {
      const left = endsAt - performance.now();
      if (left <= 0 || isOver() || this.gone.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
