import { type Redis } from 'ioredis';
import Redlock, { ExecutionError, type Lock as RedisLock } from 'redlock';
import { LockManager, type Lock } from './lock-manager.js';

/** Locks on Redis by redlock: one attempt, no waiting (whoever does not get it leaves the work to the other). */
export class RedlockLockManager extends LockManager {
  private readonly redlock: Redlock;

  /** @param prefix of all keys: other installations may use the same Redis. */
  constructor(
    private readonly client: Redis,
    private readonly prefix: string,
  ) {
    super();
    this.redlock = new Redlock([client], { retryCount: 0, automaticExtensionThreshold: 0 });
    // Contention is an error event there; here it is an answer.
    this.redlock.on('error', () => undefined);
  }

  override async acquire(name: string, ttlMs: number): Promise<Lock | null> {
    let held: RedisLock;
    try {
      held = await this.redlock.acquire([`${this.prefix}:lock:${name}`], ttlMs);
    } catch (error) {
      if (error instanceof ExecutionError && this.client.status === 'ready') return null;
      throw error;
    }
    return {
      name,
      token: BigInt(await this.client.incr(`${this.prefix}:lock-token`)),
      renew: async () => {
        try {
          held = await held.extend(ttlMs);
          return true;
        } catch {
          return false;
        }
      },
      release: async () => {
        // Ended or taken by another meanwhile: nothing to release.
        await held.release().catch(() => undefined);
      },
    };
  }
}
