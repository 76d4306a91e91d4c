import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LockManager, type Lock } from './lock-manager.js';

/** One lock that can be lost; everybody else finds it taken. */
class OneLock extends LockManager {
  held = false;
  renewals = 0;
  isLost = false;

  override acquire(name: string): Promise<Lock | null> {
    if (this.held) return Promise.resolve(null);
    this.held = true;
    return Promise.resolve({
      name,
      token: 1n,
      renew: () => Promise.resolve(this.renewals++ >= 0 && !this.isLost),
      release: () => Promise.resolve(void (this.held = false)),
    });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('renews the lock three times in its time to live while the work lasts, then lets go', async () => {
  const locks = new OneLock();
  const work = Promise.withResolvers<string>();
  const running = locks.run('chore', 30_000, () => work.promise);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(locks.renewals).toBe(6);
  expect(await locks.run('chore', 30_000, () => Promise.resolve('other'))).toBeUndefined();
  work.resolve('done');
  expect(await running).toBe('done');
  expect(locks.held).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(locks.renewals).toBe(6);
});

it('tells the work when the lock was lost', async () => {
  const locks = new OneLock();
  const work = Promise.withResolvers<boolean>();
  const running = locks.run('chore', 30_000, (signal) => {
    signal.addEventListener('abort', () => work.resolve(signal.aborted));
    return work.promise;
  });
  locks.isLost = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await running).toBe(true);
});

it('lets go when the work throws', async () => {
  const locks = new OneLock();
  await expect(locks.run('chore', 30_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(locks.held).toBe(false);
});
