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

  /** Runs `work` under the lock, renewed while it lasts. @returns undefined when somebody else holds the lock. */
  abstract run<T>(name: string, ttlMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
}
