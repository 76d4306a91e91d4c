import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { redisUrl, requireService, startRedis } from './services.js';

describe.runIf(requireService('redis'))('the Redis of the tests', () => {
  it('is one private server a file, and forgets when it is stopped and started again', async () => {
    expect(await redisUrl()).toBe(await redisUrl());
    const first = await startRedis();
    const client = new Redis(first.url);
    await client.set('kept', '1');
    client.disconnect();
    await first.stop();
    const second = await startRedis(Number(new URL(first.url).port));
    const again = new Redis(second.url);
    expect(await again.get('kept')).toBeNull();
    again.disconnect();
  });
});
