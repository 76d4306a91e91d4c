import type { PoolClient } from 'pg';

/**
 * A durable wake-up. `(kind, subjectId, key)` is unique: setting it again moves it.
 * Correctness never rests on a replica's clock: due times are compared with the database's.
 */
export interface TimerRecord {
  readonly kind: string;
  readonly subjectId: string;
  /** Tells timers of one subject apart; usually empty. */
  readonly key: string;
  readonly dueAt: Date;
  readonly payload: unknown;
}

/** From now on, by the database's time: what a replica adds to its own clock may be hours off. */
export interface Delay {
  readonly afterMs: number;
}

/** A timer to be set. */
export interface TimerOrder extends Omit<TimerRecord, 'dueAt'> {
  readonly dueAt: Date | Delay;
}

export interface DueTimer extends TimerRecord {
  readonly id: string;
  /** How often its handler has failed so far. */
  readonly failures: number;
}

/**
 * The follow-up of due timers of one kind. It runs in the transaction that removes the rows; what it does there commits
 * with their removal or not at all. It may set further timers (`Timers.set(client, …)`) in the same transaction.
 * The returned function runs after the commit (to enqueue, to signal).
 * A handler that throws is tried again one timer at a time; a timer that fails alone stays, with back-off and its error.
 * @param now the database's time.
 */
export type TimerHandler = (
  client: PoolClient,
  due: readonly DueTimer[],
  now: Date,
) => Promise<(() => void | Promise<void>) | undefined>;

export abstract class Timers {
  /** One handler a kind; call it while modules initialise. */
  abstract handle(kind: string, handler: TimerHandler): void;
  /**
   * The same for a follow-up that waits for somebody outside (a mail server): one timer at a time, in a loop of its own,
   * so that it holds up no other timer.
   * @param batch how many at once it takes instead.
   */
  abstract handleApart(kind: string, handler: TimerHandler, batch?: number): void;
  /** Sets or moves timers in the caller's transaction; replicas are told after the commit. */
  abstract set(client: PoolClient, timers: readonly TimerOrder[]): Promise<void>;
  /** Removes timers of a kind: all of the subject's, or the one with `key`. */
  abstract cancel(client: PoolClient, kind: string, subjectIds: readonly string[], key?: string): Promise<void>;
  /**
   * Removes the subjects' timers of a kind, but for those whose follow-up is under way: for callers that hold the subject,
   * which that follow-up waits for. It finds the subject changed.
   */
  abstract drop(client: PoolClient, kind: string, subjectIds: readonly string[]): Promise<void>;
}
