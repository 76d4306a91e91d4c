import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api } from '../support/api.js';
import { clientOf, sharedBackends } from '../support/deployments.js';
import { startServer, type ServerOptions, type TestServer } from '../support/server.js';

const ASK = `
name: ask
steps:
  - {id: ask, type: approval, config: {title: "?", assignees: [ada], timeout: 1d}}
  - {id: after, type: set, config: {values: {decision: "{{ steps.ask.output.decision }}", by: "{{ steps.ask.output.by }}"}}}
`;
const HOLD = `
name: hold
steps:
  - {id: hold, type: wait_for_event, config: {event: go, match: event.data.key == input.key}}
`;
const CALL = `
name: call
steps:
  - {id: hold, type: wait_for_event, config: {callback: true}}
`;
const FOLLOW = `
name: follow
steps: [{id: a, type: set, config: {values: {id: "{{ input.execution_id }}"}}}]
triggers: [{type: event, name: ends, config: {types: [millrace.execution.completed]}, filter: "trigger.payload.data.trigger_type == 'api'"}]
`;

const event = (id: string, data: unknown) => ({ specversion: '1.0', id, source: '/test', type: 'go', data });

describe.each(sharedBackends())('what waits for people and events on %s', (_name, open) => {
  let options: ServerOptions;
  let replicas: TestServer[];
  let apis: Api[];
  const any = (): Api => apis[0] as Api;

  beforeAll(async () => {
    options = await open();
    await start();
    for (const text of [ASK, HOLD, CALL]) await any().create(text);
  });

  async function start(): Promise<void> {
    const settings = { ...options, env: { RATE_LIMIT_API: 'off' } };
    replicas = await Promise.all([startServer(settings), startServer(settings)]);
    apis = replicas.map(clientOf);
  }

  async function waiting(workflow: string, input: unknown = {}): Promise<string> {
    const id = await any().start(workflow, { input });
    await any().reaches(id, 'waiting');
    return id;
  }

  it('outlives a kill -9 of every replica, and is answered by whichever comes next', async () => {
    const ids = { ask: await waiting('ask'), hold: await waiting('hold', { key: 1 }), call: await waiting('call') };
    const { links } = (await any().get('/approvals?status=pending')).body.items[0];
    const { url } = step(await any().execution(ids.call), 'hold').waiting as unknown as { url: string };
    // An event whose delivery is cut off with its replica.
    expect((await any().post('/events', event('during', { key: 1 }))).status).toBe(202);
    await Promise.all(replicas.map((replica) => replica.kill9()));
    await start();
    const at = (index: number, link: string): string => (replicas[index] as TestServer).url + new URL(link).pathname;
    expect((await fetch(at(1, links.approve), { method: 'POST' })).status).toBe(200);
    expect((await fetch(at(0, links.reject), { method: 'POST' })).status).toBe(409);
    expect(
      (await fetch(at(0, url), { method: 'POST', headers: { 'content-type': 'application/json' }, body: '7' })).status,
    ).toBe(200);
    expect((await any().reaches(ids.ask, 'completed')).output).toEqual({ decision: 'approve', by: 'ada' });
    expect((await any().reaches(ids.hold, 'completed')).output).toMatchObject({ id: 'during' });
    expect((await any().reaches(ids.call, 'completed')).output).toBe(7);
  });

  it('is answered once when both replicas are asked at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await waiting('ask');
      const { links } = (await any().get(`/approvals?execution_id=${id}`)).body.items[0];
      const answers = await Promise.all(
        [links.approve, links.reject].map((link: string, index) =>
          fetch((replicas[index] as TestServer).url + new URL(link).pathname, { method: 'POST' }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const decision = answers[0]?.status === 200 ? 'approve' : 'reject';
      expect((await any().reaches(id, 'completed')).output.decision).toBe(decision);
    }
  });

  it('starts one execution for each end that a trigger follows, whichever replica it ends on', async () => {
    const workflow = await any().create(FOLLOW);
    await any().post(`/deployment/workflows/${workflow}/deploy`);
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, key) => (apis[key % 2] as Api).start('hold', { input: { key: `f-${key}` } })),
    );
    for (const id of ids) await any().reaches(id, 'waiting');
    await any().post(
      '/events',
      Array.from({ length: 20 }, (_, key) => event(`f-${key}`, { key: `f-${key}` })),
    );
    for (const id of ids) await any().reaches(id, 'completed');
    await expect
      .poll(
        async () => {
          const { items } = (await any().get(`/workflows/${workflow}/executions?limit=100&status=completed`)).body;
          return items.map(({ output }: { output: { id: string } }) => output.id).sort();
        },
        { timeout: 30_000 },
      )
      .toEqual([...ids].sort());
  });
});
