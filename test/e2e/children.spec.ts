import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ExecutionView } from '../support/api.js';
import { afterFile } from '../support/cleanup.js';
import { allItems, clientOf, sharedBackends } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { startServer, type ServerOptions, type TestServer } from '../support/server.js';

/** Replicas that are killed are missed after their lease. */
const LIMIT_MS = 90_000;

describe.each(sharedBackends())('child executions on %s', (_name, open) => {
  let options: ServerOptions;
  let remote: HoldingServer;
  let servers: TestServer[];
  let api: Api;
  let database: Client;

  beforeAll(async () => {
    options = await open();
    remote = await startHoldingServer();
    const start = () => startServer({ ...options, env: { WORKER_CONCURRENCY: '4', RATE_LIMIT_API: 'off' } });
    servers = await Promise.all([start(), start(), start()]);
    api = clientOf(servers[0] as TestServer);
    database = new Client({ connectionString: options.databaseUrl });
    await database.connect();
    afterFile(() => database.end());
  });

  const passes = async (id: string): Promise<ExecutionView[]> =>
    (await allItems<ExecutionView>(api, `/executions?parent_id=${id}`)).toReversed();
  const owners = async (id: string): Promise<number> => {
    const sql = `SELECT count(DISTINCT owner)::int AS owners FROM execution WHERE parent_id = $1 AND status = 'running'`;
    return (await database.query<{ owners: number }>(sql, [id])).rows[0]?.owners ?? 0;
  };

  it('are cancelled with their parent, wherever they run', async () => {
    remote.hold('/far');
    await api.create(`name: far\nsteps: [{id: a, type: http, config: {method: POST, url: "${remote.url}/far"}}]`);
    const parents = await Promise.all(
      Array.from({ length: 3 }, async (_, n) =>
        api.start(await api.create(`name: near ${n}\nsteps: [{id: sub, type: subworkflow, config: {workflow: far}}]`)),
      ),
    );
    await eventually(() => expect(remote.count('/far')).toBe(3));
    // Asked of another replica each: at most one of them is where the child runs.
    const answers = await Promise.all(
      parents.map((id, n) => clientOf(servers[n] as TestServer).post(`/executions/${id}/cancel`)),
    );
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    for (const id of parents) {
      const [child] = await passes(id);
      await api.reaches(child?.id ?? '', 'cancelled');
    }
    remote.letGo('/far');
  });

  it(
    'of a loop run on all replicas; when two of them are killed none is lost, and none that had ended runs again',
    async () => {
      const held = 12;
      const kind = (n: number): string => (n >= held && n < 2 * held ? 'held' : 'free');
      remote.hold('/held');
      const items = Array.from({ length: 40 }, (_, n) => ({ n, kind: kind(n) }));
      const id = await api.start(
        await api.create(`
name: shared
steps:
  - id: each
    type: loop
    config: {items: "{{ input }}", distribute: true, max_concurrency: ${held}}
    steps:
      - {id: save, type: http, config: {method: POST, url: "${remote.url}/{{ item.n }}/{{ item.kind }}"}}
      - {id: result, type: transform, config: {expression: item.n}}
`),
        { input: items },
      );
      const calls = (n: number): number => remote.count(`/${n}/${kind(n)}`);
      await eventually(() => {
        for (let n = held; n < 2 * held; n++) expect(calls(n), `item ${n}`).toBe(1);
      });
      expect(await owners(id)).toBe(3);
      const ended = (await passes(id)).filter((pass) => pass.status === 'completed');
      expect(ended.length).toBe(held);

      await Promise.all(servers.slice(1).map((server) => server.kill9()));
      remote.letGo('/held');
      const parent = await eventually(async () => {
        const execution = await api.execution(id);
        expect(execution.status).toBe('completed');
        return execution;
      }, LIMIT_MS);
      expect(parent.output).toEqual({ results: items.map(({ n }) => n), count: 40, failed: 0 });
      const found = await passes(id);
      expect(found.map((pass) => [pass.status, pass.input.index])).toEqual(items.map(({ n }) => ['completed', n]));
      for (const { n } of items) {
        const keys = remote.keys(`/${n}/${kind(n)}`);
        expect(new Set(keys), `item ${n}`).toEqual(new Set([`${found[n]?.id ?? ''}:each[${n}].save`]));
        expect(keys.length, `item ${n}`).toBeLessThanOrEqual(kind(n) === 'held' ? 2 : 1);
      }
    },
    LIMIT_MS + 60_000,
  );
});
