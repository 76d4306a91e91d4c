/** A lock with an end. Locks save work; correctness never rests on one (architecture.md, decision 8). */
export interface Lock {
  readonly name: string;
  /** Rises with every acquisition of any lock: a fencing number. */
  readonly token: bigint;
  /** Prolongs it by its time to live. @returns false when it was lost. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

/** Port: mutual exclusion between replicas, on redlock or on PostgreSQL. */
export abstract class LockManager {
  /** @returns null when somebody else holds it. @param ttlMs milliseconds until it ends by itself. */
  abstract acquire(name: string, ttlMs: number): Promise<Lock | null>;

  /**
   * Runs `work` under the lock, renewed while it lasts; `signal` aborts when the lock was lost meanwhile.
   * @returns undefined, without having run it, when somebody else holds the lock.
   */
  async run<T>(name: string, ttlMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const lock = await this.acquire(name, ttlMs);
    if (lock === null) return undefined;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      lock.renew().then(
        (held) => held || lost.abort(new Error(`the lock ${name} was lost`)),
        (error: unknown) => lost.abort(error),
      );
    }, ttlMs / 3);
    try {
      return await work(lost.signal);
    } finally {
      clearInterval(renewal);
      await lock.release();
    }
  }
}
