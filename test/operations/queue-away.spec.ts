import { beforeAll, describe, expect, it } from 'vitest';
import { afterFile } from '../support/cleanup.js';
import { runningTimers } from '../support/timers.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { freePort, requireService, startRedis, type TestRedis } from '../support/services.js';

const NO_COUNTS = { backend: 'redis', waiting: null, active: null, delayed: null };

describe.runIf(requireService('redis'))('while Redis is away', () => {
  let port: number;
  let redis: TestRedis;
  let app: TestApp;
  const get = (path: string): Promise<Response> =>
    fetch(app.url + path, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const expectHealth = (status: string, queue: string): Promise<void> =>
    eventually(async () => {
      const answer = await get('/health');
      expect(await answer.json()).toMatchObject({ status, checks: { queue } });
      expect(answer.status).toBe(200);
    });
  /** Whoever looks at the server is answered, without what only the queue knows. */
  const expectLooksAnswered = async (): Promise<void> => {
    await expectHealth('degraded', 'degraded');
    expect((await app.api.get('/scheduler/status')).body).toMatchObject({ running: true, queue: NO_COUNTS });
    const metrics = await get('/metrics');
    expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining('orchestrator_timer_lag')]);
    const board = await get('/queues/api/queues');
    expect([board.status, board.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await board.json()).toMatchObject({ code: 'queue_unavailable' });
    expect((await get('/queues')).status).toBe(200);
  };

  beforeAll(async () => {
    // A wait that was cut off with its connection BullMQ gives up after 6 s, also when its worker is closed by then.
    afterFile(() => eventually(() => expect(runningTimers()).toEqual([])));
    port = await freePort();
    app = await startApp({ REDIS_URL: `redis://127.0.0.1:${port}` });
  });

  it('a server starts all the same, accepts, and runs what it has accepted when Redis is there', async () => {
    const workflow = await app.api.create('name: early\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]');
    const id = await app.api.start(workflow);
    await expectLooksAnswered();
    redis = await startRedis(port);
    await app.api.reaches(id, 'completed');
    await expectHealth('healthy', 'ok');
    expect((await app.api.get('/scheduler/status')).body.queue).toEqual({
      backend: 'redis',
      waiting: 0,
      active: 0,
      delayed: 0,
    });
  });

  it('a server that never saw it ends in order', async () => {
    const other = await startApp({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect((await other.api.get('/scheduler/status')).body.queue).toEqual(NO_COUNTS);
    await other.close();
  });

  it('stopped later, it takes no answer away', async () => {
    await redis.stop();
    await expectLooksAnswered();
    redis = await startRedis(port);
    await expectHealth('healthy', 'ok');
  });

  it('frozen, with its connections open, neither: the server is degraded, not unhealthy', async () => {
    const thaw = redis.freeze();
    await expectLooksAnswered();
    thaw();
    await expectHealth('healthy', 'ok');
  });
});
