import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Database } from '../../common/database/database.js';
import type { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { LockManager, type Lock } from '../../locks/lock-manager.js';
import { Reconciler } from './reconciler.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

class OneLock extends LockManager {
  isHeld = false;

  override acquire(name: string): Promise<Lock> {
    this.isHeld = true;
    const release = (): Promise<void> => Promise.resolve(void (this.isHeld = false));
    return Promise.resolve({ name, token: 1n, renew: () => Promise.resolve(true), release });
  }
}

it('lets its lock go when it ends while a queue that is away keeps it waiting', async () => {
  const counts = vi.fn(() => new Promise<never>(() => undefined));
  const locks = new OneLock();
  const queue: Partial<ExecutionQueue> = { onReconnect: () => undefined, counts };
  const reconciler = new Reconciler({} as Database, queue as ExecutionQueue, locks);
  const round = reconciler.tick();
  await vi.advanceTimersByTimeAsync(0);
  expect([counts.mock.calls.length, locks.isHeld]).toEqual([1, true]);
  // The grace is no timer that a test can turn: it takes its two seconds.
  await reconciler.beforeApplicationShutdown();
  await round;
  expect(locks.isHeld).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});
