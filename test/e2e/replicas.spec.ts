import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, type Api, type ExecutionView } from '../support/api.js';
import { allItems, clientOf, figure, sharedBackends } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { startServer, type ServerOptions, type TestServer } from '../support/server.js';

interface Occurrence {
  id: string;
  scheduled_for: string;
  outcome: string;
  execution_id: string;
}

/** Seconds for which a cron is watched, before and after a replica is killed. */
const SECONDS = figure('MILLRACE_TEST_CRON_SECONDS', 6);
const LIMIT_MS = 60_000 + SECONDS * 4_000;

describe.each(sharedBackends())('replicas on %s', (_name, open) => {
  let options: ServerOptions;
  let remote: HoldingServer;
  let first: TestServer;
  let second: TestServer;
  /** Takes requests and runs nothing. */
  let front: TestServer;
  let api: Api;
  let frontApi: Api;

  beforeAll(async () => {
    options = await open();
    remote = await startHoldingServer();
    const start = (env: Record<string, string> = {}) => startServer({ ...options, env });
    [first, second, front] = await Promise.all([start(), start(), start({ ROLES: 'api' })]);
    api = clientOf(first);
    frontApi = clientOf(front);
  });

  it(
    'fire a per-second cron exactly once a second, also while one of them is killed',
    async () => {
      const workflow = await api.create(`
name: every second
steps: [{id: seen, type: set, config: {values: {at: "{{ trigger.scheduled_for }}"}}}]
triggers: [{type: cron, config: {cron: "* * * * * *"}}]
`);
      const deployed = await api.post(`/deployment/workflows/${workflow}/deploy`);
      expect(deployed.status, JSON.stringify(deployed.body)).toBe(201);
      const trigger = deployed.body.triggers[0].id as string;
      const ledger = (): Promise<Occurrence[]> => allItems<Occurrence>(api, `/triggers/${trigger}/occurrences`);
      const reaches = (count: number) =>
        eventually(async () => expect((await ledger()).length).toBeGreaterThanOrEqual(count), LIMIT_MS);

      await reaches(SECONDS);
      await second.kill9();
      const before = (await ledger()).length;
      await reaches(before + SECONDS);
      second = await startServer(options);
      await reaches(before + SECONDS + 2);
      await api.call('DELETE', `/deployment/workflows/${workflow}/undeploy`);

      const occurrences = await ledger();
      const seconds = occurrences.map((one) => Date.parse(one.scheduled_for) / 1000).sort((a, b) => a - b);
      const start = seconds[0] ?? 0;
      expect(seconds).toEqual(seconds.map((_, index) => start + index));
      expect(new Set(occurrences.map((one) => one.outcome))).toEqual(new Set(['fired']));
      const executions = await eventually(async () => {
        const all = await allItems<ExecutionView>(api, `/workflows/${workflow}/executions`);
        expect(all.filter((one) => one.status !== 'completed')).toEqual([]);
        return all;
      });
      expect(executions.map((one) => one.id).sort()).toEqual(occurrences.map((one) => one.execution_id).sort());
      expect(executions.map((one) => Date.parse(one.output.at) / 1000).sort((a, b) => a - b)).toEqual(seconds);
    },
    LIMIT_MS * 2,
  );

  it('know a webhook as soon as another one has answered its deploy, and a new version too', async () => {
    const definition = (path: string): string => `
name: hook
steps: [{id: echo, type: set, config: {values: {n: "{{ input.n }}"}}}]
triggers: [{type: webhook, config: {path: /${path}, response: wait}}]
`;
    const other = clientOf(second);
    const workflow = await api.create(definition('before'));
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    const answers = await Promise.all(
      [other, frontApi, api].map((client) => client.post('/webhook/before', { n: 1 }, { authorization: '' })),
    );
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(3).fill([200, { n: 1 }]));

    const changed = await other.call('PUT', `/workflows/${workflow}`, definition('after'), {
      'content-type': 'application/yaml',
    });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
    expect((await other.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(200);
    expect((await api.post('/webhook/after', { n: 2 })).body).toEqual({ n: 2 });
    expect((await frontApi.post('/webhook/before', { n: 2 })).status).toBe(404);
    expect((await api.call('DELETE', `/deployment/workflows/${workflow}/undeploy`)).status).toBe(200);
    for (const client of [frontApi, other]) {
      expect((await client.post('/webhook/after', {})).status).toBe(404);
    }
  });

  it('answer a webhook with what a respond step says on another one, while the execution still runs', async () => {
    const workflow = await api.create(`
name: responding
steps:
  - {id: say, type: respond, config: {status_code: 201, headers: {X-Order: "{{ input.order }}"}, body: {order: "{{ input.order }}"}}}
  - {id: later, type: http, config: {url: "${remote.url}/later"}}
triggers: [{type: webhook, config: {path: /responding, response: respond}}]
`);
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    remote.hold('/later');
    const answer = await frontApi.post('/webhook/responding', { order: 7 }, { authorization: '' });
    expect([answer.status, answer.headers.get('x-order'), answer.body]).toEqual([201, '7', { order: 7 }]);
    const [execution] = await allItems<ExecutionView>(api, `/workflows/${workflow}/executions`);
    expect(['running', 'waiting']).toContain(execution?.status);
    remote.letGo('/later');
    await api.reaches(execution?.id ?? '', 'completed');
  });

  it('answer for an execution that another one runs, and cancel a step that runs there', async () => {
    const fetching = (name: string): string =>
      `name: ${name}\nsteps: [{id: call, type: http, config: {method: POST, url: "${remote.url}/${name}"}}]`;
    const waited = await frontApi.run(fetching('waited'), { input: { n: 1 } });
    expect(waited.status).toBe('completed');
    expect(remote.count('/waited')).toBe(1);

    remote.hold('/endless');
    const id = await frontApi.start(await frontApi.create(fetching('endless')));
    await eventually(() => expect(remote.count('/endless')).toBe(1));
    const cancelled = await frontApi.post(`/executions/${id}/cancel`, { reason: 'enough' });
    expect(cancelled.status, JSON.stringify(cancelled.body)).toBe(200);
    const ended = await frontApi.reaches(id, 'cancelled');
    expect(statuses(ended)).toEqual({ call: 'cancelled' });
    remote.letGo('/endless');
  });
});
