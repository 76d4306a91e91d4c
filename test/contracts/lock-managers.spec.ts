import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { LockManager } from '../../src/locks/lock-manager.js';
import { PgLockManager } from '../../src/locks/pg-lock-manager.js';
import { RedlockLockManager } from '../../src/locks/redlock-lock-manager.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { redisUrl, requireService } from '../support/services.js';
import { createTestDatabase } from '../support/test-database.js';

const backends: [string, () => Promise<LockManager>][] = [
  ['postgres', async () => new PgLockManager((await createTestDatabase()).database)],
];
if (requireService('redis')) {
  backends.push([
    'redis',
    async () => {
      const client = new Redis(await redisUrl());
      afterFile(() => {
        client.disconnect();
        return Promise.resolve();
      });
      await eventually(() => client.ping());
      return new RedlockLockManager(client, 'test');
    },
  ]);
}

describe.each(backends)('locks on %s', (_name, open) => {
  it('give a lock to one holder at a time', async () => {
    const locks = await open();
    const held = await locks.acquire('one', 10_000);
    expect(held?.name).toBe('one');
    expect(await locks.acquire('one', 10_000)).toBeNull();
    expect(await locks.acquire('other', 10_000)).not.toBeNull();
    await held?.release();
    expect(await locks.acquire('one', 10_000)).not.toBeNull();
  });

  it('raise the token with every acquisition', async () => {
    const locks = await open();
    const first = await locks.acquire('token', 10_000);
    await first?.release();
    const second = await locks.acquire('token', 10_000);
    expect(second!.token > first!.token).toBe(true);
  });

  it('end by themselves, and then cannot be renewed or released by the old holder', async () => {
    const locks = await open();
    const old = await locks.acquire('short', 50);
    const next = await eventually(async () => {
      const lock = await locks.acquire('short', 10_000);
      expect(lock).not.toBeNull();
      return lock;
    });
    expect(await old?.renew()).toBe(false);
    await old?.release();
    expect(await locks.acquire('short', 10_000)).toBeNull();
    expect(await next?.renew()).toBe(true);
  });

  it('run work for one of many callers, and let go when it throws', async () => {
    const locks = await open();
    const runs = await Promise.all([1, 2, 3].map((n) => locks.run('work', 10_000, () => Promise.resolve(n))));
    expect(runs.filter((result) => result !== undefined).length).toBeGreaterThanOrEqual(1);
    await expect(locks.run('work', 10_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await locks.run('work', 10_000, () => Promise.resolve('again'))).toBe('again');
  });
});
