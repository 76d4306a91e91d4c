import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { clientOf, sharedBackends, type Backend } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { startServer, temporaryFolder, type ServerOptions, type TestServer } from '../support/server.js';

const PATHS = ['one', 'two', 'three', 'four', 'five'];
const ALL_COMPLETED = Object.fromEntries(PATHS.map((path) => [path, 'completed']));

/** On the embedded database the next start finds a PostgreSQL that outlived its server, or one that did not. */
const EMBEDDED: Backend = ['the embedded PostgreSQL', () => Promise.resolve({ dataFolder: temporaryFolder() })];

describe.each([EMBEDDED, ...sharedBackends()])('kill -9 on %s', (_name, open) => {
  let options: ServerOptions;
  let remote: HoldingServer;
  let server: TestServer;
  let api: Api;

  beforeAll(async () => {
    remote = await startHoldingServer();
    options = await open();
    await start();
  });

  async function start(env: Record<string, string> = {}): Promise<void> {
    server = await startServer({ ...options, env: { ...env, WORKER_CONCURRENCY: '40', RATE_LIMIT_API: 'off' } });
    api = clientOf(server);
  }

  /** Five calls in a row; `third` replaces the third step. */
  const fiveCalls = (name: string, third?: string): string => {
    const call = (path: string): string =>
      `  - {id: ${path}, type: http, config: {method: POST, url: "${remote.url}/${name}/${path}"}}`;
    return [
      `name: ${name}`,
      'steps:',
      ...PATHS.map((path) => (path === 'three' ? third : undefined) ?? call(path)),
    ].join('\n');
  };
  const calls = (name: string): number[] => PATHS.map((path) => remote.count(`/${name}/${path}`));
  const begin = async (name: string, third?: string): Promise<string> =>
    api.start(await api.create(fiveCalls(name, third)));
  const stepStatus = async (id: string, path: string): Promise<string | undefined> =>
    statuses(await api.execution(id))[path];

  it('in the middle of everything: all accepted finishes, and what had finished does not run again', async () => {
    remote.hold('/flight/three');
    remote.hold('/between/two');
    remote.fail('/retry/three', 1);
    remote.fail('/soon/three', 1);
    const retried = (name: string, delay: string): string =>
      `  - {id: three, type: http, config: {method: PUT, url: "${remote.url}/${name}/three"}, ` +
      `retry_policy: {max_attempts: 2, initial_delay: ${delay}, jitter: 0}}`;
    const ids = {
      flight: await begin('flight'),
      wait: await begin('wait', '  - {id: three, type: wait, config: {duration: 4s}}'),
      retry: await begin('retry', retried('retry', '6s')),
      soon: await begin('soon', retried('soon', '4s')),
      between: await begin('between'),
    };
    const workflow = await api.create(fiveCalls('accepted'));
    await eventually(async () => {
      expect(remote.count('/flight/three')).toBe(1);
      expect(remote.count('/between/two')).toBe(1);
      expect(await stepStatus(ids.wait, 'three')).toBe('waiting');
      expect(await stepStatus(ids.retry, 'three')).toBe('waiting');
      expect(await stepStatus(ids.soon, 'three')).toBe('waiting');
    });
    expect((await api.execution(ids.retry)).status).toBe('waiting');

    // Killed with the first accepted answer, while others are being accepted and a step has just been answered.
    remote.letGo('/between/two');
    const starts = Array.from({ length: 8 }, (_, n) =>
      api.post(`/workflows/${workflow}/execute`, {}, { 'idempotency-key': `start-${n}` }).catch(() => null),
    );
    const first = await Promise.race(starts);
    await server.kill9();
    const answered = (await Promise.all(starts)).filter((answer) => answer !== null);
    expect(first?.status).toBe(202);
    remote.letGo('/flight/three');

    await start();
    if (options.databaseUrl === undefined) expect(server.logs()).toContain('(attached)');
    for (const [name, id] of Object.entries(ids)) {
      const ended = await api.reaches(id, 'completed');
      expect(statuses(ended), name).toEqual(ALL_COMPLETED);
    }
    expect(calls('flight')).toEqual([1, 1, 2, 1, 1]);
    expect(remote.keys('/flight/three')).toEqual([`${ids.flight}:three`, `${ids.flight}:three`]);
    expect(step(await api.execution(ids.flight), 'three').attempts).toMatchObject([{ error: { code: 'interrupted' } }]);
    expect(calls('wait')).toEqual([1, 1, 0, 1, 1]);
    expect(calls('retry')).toEqual([1, 1, 2, 1, 1]);
    expect(calls('soon')).toEqual([1, 1, 2, 1, 1]);
    // Between two steps, or just in one: at most that one is called again, with its key.
    const between = calls('between');
    expect(between.filter((count) => count === 2).length).toBeLessThanOrEqual(1);
    expect(between.every((count) => count === 1 || count === 2)).toBe(true);
    for (const path of PATHS)
      expect(new Set(remote.keys(`/between/${path}`))).toEqual(new Set([`${ids.between}:${path}`]));

    for (const answer of answered) await api.reaches(answer.body.execution_id as string, 'completed');
    // Sent again with its key, each start finds or makes one execution.
    const again = await Promise.all(
      starts.map((_, n) => api.post(`/workflows/${workflow}/execute`, {}, { 'idempotency-key': `start-${n}` })),
    );
    const executions = again.map((answer) => answer.body.execution_id as string);
    expect(executions).toEqual(expect.arrayContaining(answered.map((answer) => answer.body.execution_id)));
    for (const id of executions) expect(statuses(await api.reaches(id, 'completed'))).toEqual(ALL_COMPLETED);
    for (const path of PATHS) expect(new Set(remote.keys(`/accepted/${path}`)).size).toBe(8);
    expect((await api.get(`/workflows/${workflow}/executions`)).body.items.length).toBe(8);
  });

  it('while executions are queued: all run, once', async () => {
    await server.stop();
    await start({ ROLES: 'api,scheduler' });
    const workflow = await api.create(fiveCalls('queued'));
    const ids = await Promise.all(Array.from({ length: 10 }, () => api.start(workflow)));
    for (const id of ids) expect((await api.execution(id)).status).toBe('queued');
    await server.kill9();
    await start();
    for (const id of ids) await api.reaches(id, 'completed');
    expect(calls('queued')).toEqual([10, 10, 10, 10, 10]);
  });
});
