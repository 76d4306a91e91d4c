import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { redisUrl, requireService } from '../support/services.js';

describe.runIf(requireService('redis'))('two installations on one Redis', () => {
  it('take no job of each other', async () => {
    const REDIS_URL = await redisUrl();
    const worker = await startApp({ REDIS_URL });
    const other = await startApp({ REDIS_URL });
    const yaml = 'name: mine\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]';
    const workflows = [await worker.api.create(yaml), await other.api.create(yaml)] as const;
    const runs = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? worker : other).api.post(`/workflows/${workflows[n % 2]!}/run`, {
        wait: true,
        wait_timeout: '4s',
      }),
    );
    // A job that the other one took would come back by the reconciler only, later than that.
    expect((await Promise.all(runs)).map((answer) => answer.status)).toEqual(Array(40).fill(200));
  });
});
