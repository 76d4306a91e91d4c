import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api, ExecutionView } from '../support/api.js';
import { allItems, clientOf, figure } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { requireService, startRedis, type TestRedis } from '../support/services.js';
import { startServer, type ServerOptions } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

const EXECUTIONS = figure('MILLRACE_TEST_QUEUED', 300);
const LIMIT_MS = 60_000 + EXECUTIONS * 200;

describe.runIf(requireService('redis'))('with Redis as the queue, everything accepted finishes once', () => {
  let redis: TestRedis;
  let options: ServerOptions;
  let remote: HoldingServer;
  let api: Api;

  beforeAll(async () => {
    redis = await startRedis();
    remote = await startHoldingServer();
    options = { databaseUrl: (await createTestDatabase()).url, redisUrl: redis.url };
    api = clientOf(await startServer({ ...options, env: { ROLES: 'api,scheduler', RATE_LIMIT_API: 'off' } }));
  });

  const flush = async (): Promise<void> => {
    const client = new Redis(redis.url);
    expect(await client.flushall()).toBe('OK');
    client.disconnect();
  };
  const create = (name: string): Promise<string> =>
    api.create(`
name: ${name}
steps:
  - {id: before, type: set, config: {values: {n: "{{ input.n }}"}}}
  - {id: call, type: http, config: {method: POST, url: "${remote.url}/${name}", body: "{{ input.n }}"}}
  - {id: after, type: set, config: {values: {n: "{{ input.n }}"}}}
`);
  const startMany = async (workflow: string, count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 50) {
      const some = Array.from({ length: Math.min(50, count - n) }, (_, i) =>
        api.start(workflow, { input: { n: n + i } }),
      );
      ids.push(...(await Promise.all(some)));
    }
    return ids;
  };
  const allEndOnce = async (workflow: string, name: string, ids: readonly string[]): Promise<void> => {
    const executions = await eventually(async () => {
      const all = await allItems<ExecutionView>(api, `/workflows/${workflow}/executions`);
      expect(all.filter((one) => one.status !== 'completed').length).toBe(0);
      return all;
    }, LIMIT_MS);
    expect(executions.map((one) => one.id).sort()).toEqual([...ids].sort());
    expect(executions.map((one) => one.output.n).sort((a, b) => a - b)).toEqual(ids.map((_, n) => n));
    expect(remote.keys(`/${name}`).sort()).toEqual(ids.map((id) => `${id}:call`).sort());
  };

  it(
    'after FLUSHALL while it is queued, and again while it is worked on',
    async () => {
      const workflow = await create('flushed');
      const ids = await startMany(workflow, EXECUTIONS);
      await flush();
      remote.hold('/flushed');
      await startServer({ ...options, env: { ROLES: 'worker', WORKER_CONCURRENCY: '20' } });
      await eventually(() => expect(remote.count('/flushed')).toBe(20));
      await flush();
      remote.letGo('/flushed');
      await allEndOnce(workflow, 'flushed', ids);
    },
    LIMIT_MS * 2,
  );

  it(
    'when Redis was away while it was accepted, or lost what it held',
    async () => {
      const workflow = await create('away');
      const before = await startMany(workflow, 20);
      await redis.stop();
      const during = await Promise.all(
        Array.from({ length: 30 }, (_, n) => api.start(workflow, { input: { n: 20 + n } })),
      );
      expect((await api.get('/health')).body.checks.queue).not.toBe('ok');
      redis = await startRedis(Number(new URL(redis.url).port));
      await allEndOnce(workflow, 'away', [...before, ...during]);
      await eventually(async () =>
        expect((await api.get('/health')).body).toMatchObject({ status: 'healthy', checks: { queue: 'ok' } }),
      );
    },
    LIMIT_MS * 2,
  );

  it('and SIGTERM ends a server in order although Redis is away', async () => {
    const workflow = await create('parting');
    remote.hold('/parting');
    const busy = await startServer({ ...options, env: { ROLES: 'worker', SHUTDOWN_GRACE: '1s' } });
    const ids = await startMany(workflow, 30);
    await eventually(() => expect(remote.count('/parting')).toBeGreaterThan(10));
    await redis.stop();
    expect(await busy.stop()).toBe(0);
    redis = await startRedis(Number(new URL(redis.url).port));
    remote.letGo('/parting');
    for (const id of ids) await api.reaches(id, 'completed');
  });
});
