import { describe, expect, it } from 'vitest';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { startApp, type TestApp } from '../support/app.js';
import { redisUrl, requireService } from '../support/services.js';

const EACH = 20;

/** One process accepts and another works, so that every execution goes by the queue; nothing comes back by the reconciler. */
async function install(REDIS_URL: string): Promise<TestApp> {
  const worker = await startApp({ REDIS_URL, ROLES: 'worker' });
  const accepting = await startApp({ REDIS_URL, ROLES: 'api' }, worker.db);
  for (const { app } of [worker, accepting]) app.get(ExecutionQueue).addNow = () => Promise.resolve();
  return accepting;
}

describe.runIf(requireService('redis'))('two installations on one Redis', () => {
  it('take no job of each other', async () => {
    const REDIS_URL = await redisUrl();
    const both = [await install(REDIS_URL), await install(REDIS_URL)];
    const yaml = 'name: mine\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]';
    const workflows = await Promise.all(both.map(({ api }) => api.create(yaml)));
    const started = await Promise.all(
      Array.from({ length: EACH }, () => both.map(({ api }, n) => api.start(workflows[n]!))).flat(),
    );
    // A job that the other one took would never come back.
    await Promise.all(started.map((id, n) => both[n % 2]!.api.reaches(id, 'completed')));
    expect(new Set(started).size).toBe(2 * EACH);
  });
});
