/** What a queue job tells a worker: which execution to look at. Everything else is in PostgreSQL. */
export interface ExecutionJob {
  readonly executionId: string;
  /** The execution's epoch when it was queued; makes a second add of the same turn a no-op. */
  readonly epoch: number;
  /** 1 (last) to 10 (first). */
  readonly priority: number;
  /** Tells a repeated add from the first when the first seems to be stuck. Default 0. */
  readonly round?: number;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

/**
 * Port: the disposable dispatcher. It may forget anything at any time; the reconciler puts back from PostgreSQL what is
 * missing. Implemented by BullMQ on Redis and on PostgreSQL.
 */
export abstract class ExecutionQueue {
  abstract readonly backend: 'redis' | 'postgres';

  /** Adds jobs soon, many at once; never throws. What cannot be added is left to the reconciler. */
  abstract add(jobs: readonly ExecutionJob[]): void;

  /** Adds jobs and resolves when the queue has them. @throws when the queue is away. */
  abstract addNow(jobs: readonly ExecutionJob[]): Promise<void>;

  /**
   * Starts taking jobs, or will when the queue is there; `handler` must not throw. `concurrency`: jobs at once in this
   * process.
   */
  abstract consume(concurrency: number, handler: (executionId: string) => Promise<void>): Promise<void>;

  /**
   * How many jobs this process takes at once from now on; 0: none, until it is more. A worker whose hands are full hears
   * of more with the next job that ends; with `atOnce` it is woken, which costs more.
   */
  abstract setConcurrency(concurrency: number, atOnce?: boolean): void;

  /** Lets a worker whose hands were full look for jobs again: it knows nothing of room that none of its jobs has made. */
  abstract lookAgain(): void;

  /** Whether nothing waited when this process last looked, and nothing of its own is on its way there. */
  abstract get isIdle(): boolean;

  /**
   * Takes no further jobs; resolves when those under way and `others` are over and what was added until then is in the
   * queue.
   */
  abstract drain(others?: Promise<void>): Promise<void>;

  abstract counts(): Promise<QueueCounts>;

  /** Executions whose job some worker has in hand, also one that has died since. */
  abstract taken(): Promise<string[]>;

  /** Resolves when the queue answers; rejects when it does not. */
  abstract ping(): Promise<void>;

  /** Called when the queue was away and is back: what it held may be gone. */
  abstract onReconnect(handler: () => void): void;
}
