import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api, type ExecutionView } from '../support/api.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { loseOwner } from '../support/lost-owner.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';

let app: TestApp;
let api: Api;
let url: string;
let remote: HoldingServer;

beforeAll(async () => {
  app = await startApp();
  ({ api, url } = app);
  remote = await startHoldingServer();
});

/** Runs a test of a workflow made of a YAML text to its end. */
async function test(yaml: string, body: Record<string, unknown>): Promise<ExecutionView> {
  return await testOf(await api.create(yaml), body);
}

async function testOf(workflow: string, body: Record<string, unknown>): Promise<ExecutionView> {
  const answer = await api.post(`/workflows/${workflow}/test`, { ...body, wait: true });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as ExecutionView;
}

const fetching = (path: string, more = ''): string =>
  `{id: fetch, type: http, config: {url: "${remote.url}${path}"}${more}}`;

describe('a mocked step of a test run', () => {
  it('does not run its node: the mock is its output, and steps without a mock run', async () => {
    const execution = await test(
      `
name: mocked call
steps:
  - ${fetching('/mocked', ', output_mapping: {rows: "{{ output.body.rows }}"}')}
  - {id: sum, type: set, config: {values: {first: "{{ steps.fetch.output.rows[0] }}"}}}
`,
      { mocks: { fetch: { rows: [7] } } },
    );
    expect(remote.count('/mocked')).toBe(0);
    expect(step(execution, 'fetch')).toMatchObject({ status: 'completed', output: { rows: [7] }, attempt: 1 });
    expect(execution).toMatchObject({ trigger_type: 'test', status: 'completed', output: { first: 7 } });
    const logs = await api.get(`/executions/${execution.id}/logs?step_id=fetch`);
    expect(logs.body.items).toMatchObject([{ level: 'info', message: expect.stringMatching(/^mocked/) as string }]);
  });

  it('shows the input that the step would have had, or none where it cannot be made', async () => {
    const execution = await test(
      `
name: inputs
steps:
  - {id: known, type: http, config: {url: "https://example.com/{{ input.id }}"}}
  - {id: unknown, type: http, config: {url: "https://example.com/{{ input.missing }}"}}
`,
      { input: { id: 7 }, mocks: { known: null, unknown: 1 } },
    );
    expect(step(execution, 'known')).toMatchObject({ input: { url: 'https://example.com/7' }, output: null });
    expect(step(execution, 'unknown')).toMatchObject({ status: 'completed', input: null, output: 1 });
  });

  it('does not wait', async () => {
    const execution = await test(`name: nap\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]`, {
      mocks: { nap: { waited_until: '2030-01-01T00:00:00Z' } },
    });
    expect(execution.output).toEqual({ waited_until: '2030-01-01T00:00:00Z' });
  });

  it('fails by $error at once, whatever its retry policy, and on_error sees it', async () => {
    const execution = await test(
      `
name: mocked failure
steps:
  - ${fetching('/failing', ', retry_policy: {max_attempts: 5, initial_delay: 1h}, on_error: continue')}
  - {id: seen, type: set, config: {values: {code: "{{ steps.fetch.error.code }}"}}}
`,
      { mocks: { fetch: { $error: { code: 'http_503', message: 'away' } } } },
    );
    expect(step(execution, 'fetch')).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { code: 'http_503', message: 'away' },
    });
    expect(execution.output).toEqual({ code: 'http_503' });
  });

  it('in a loop is named by its id, by the path of one pass, or by the path of all of them', async () => {
    const workflow = await api.create(`
name: mocked passes
steps:
  - id: each
    type: loop
    config:
      items: [0, 1, 2]
      steps: [${fetching('/passes')}]
`);
    const byId = await testOf(workflow, { mocks: { fetch: 'all', 'each[1].fetch': 'second' } });
    expect(byId.output.results).toEqual(['all', 'second', 'all']);
    const byPath = await testOf(workflow, { mocks: { 'each[].fetch': 'every' } });
    expect(byPath.output).toEqual({ results: ['every', 'every', 'every'], count: 3, failed: 0 });
    expect(remote.count('/passes')).toBe(0);
  });

  it('in a distributed loop stands in for its passes too', async () => {
    const execution = await test(
      `
name: mocked distribution
steps:
  - {id: each, type: loop, config: {items: [0, 1], distribute: true, steps: [${fetching('/distributed')}]}}
`,
      { mocks: { fetch: 'mocked' } },
    );
    expect(execution.output).toEqual({ results: ['mocked', 'mocked'], count: 2, failed: 0 });
    expect(remote.count('/distributed')).toBe(0);
  });

  it('in a branch of a parallel is named by its path, and a mocked loop runs none of its passes', async () => {
    const execution = await test(
      `
name: mocked branches
steps:
  - id: fork
    type: parallel
    config:
      branches:
        left: [${fetching('/left')}]
        right: [{id: each, type: loop, config: {items: [1], steps: [${fetching('/right')}]}}]
`,
      { mocks: { 'fork.left.fetch': 'l', each: { results: ['r'], count: 1, failed: 0 } } },
    );
    expect(execution.output.branches).toEqual({ left: 'l', right: { results: ['r'], count: 1, failed: 0 } });
    expect(statuses(execution)).toEqual({
      fork: 'completed',
      'fork.left.fetch': 'completed',
      'fork.right.each': 'completed',
    });
  });

  it.each([
    [{ branch: 'true' }, { check: 'completed', 'check.yes': 'completed' }],
    [{ result: false }, { check: 'completed', 'check.no': 'completed' }],
    ['neither', { check: 'completed' }],
  ])('that is a condition goes by the mock: %j', async (mock, expected) => {
    const execution = await test(
      `
name: mocked condition
steps:
  - id: check
    type: condition
    config:
      expression: input.never_there
      then: [{id: "yes", type: log, config: {message: "yes"}}]
      else: [{id: "no", type: log, config: {message: "no"}}]
`,
      { mocks: { check: mock } },
    );
    expect(statuses(execution)).toEqual(expected);
  });

  it('that is a switch goes by the branch of the mock', async () => {
    const execution = await test(
      `
name: mocked switch
steps:
  - {id: way, type: switch, config: {value: "{{ input.none }}", cases: [{equals: a, steps: [{id: a, type: log, config: {message: a}}]}]}}
`,
      { mocks: { way: { branch: 'cases[0]' } } },
    );
    expect(statuses(execution)).toEqual({ way: 'completed', 'way.a': 'completed' });
  });
});

it('a test run whose owner is gone still has its mocks', async () => {
  const workflow = await api.create(`
name: cut off test
steps:
  - {id: held, type: http, config: {url: "${remote.url}/held"}}
  - ${fetching('/after-loss')}
`);
  remote.hold('/held');
  const started = await api.post(`/workflows/${workflow}/test`, { mocks: { fetch: 'mocked' } });
  await eventually(() => expect(remote.count('/held')).toBe(1));
  await loseOwner(app, started.body.id as string);
  remote.letGo('/held');
  const ended = await api.reaches(started.body.id as string, 'completed');
  expect(step(ended, 'held').attempt).toBe(2);
  expect(step(ended, 'fetch').output).toBe('mocked');
  expect(remote.count('/after-loss')).toBe(0);
});

describe('a test run', () => {
  const COUNTED = `name: counted\nconcurrency: {limit: 1, on_limit: skip}\nsteps: [{id: no, type: fail, config: {message: x}}]`;

  it('counts in no statistics and no metrics, also when it is retried or cancelled', async () => {
    const workflow = await api.create(COUNTED);
    const failed = await testOf(workflow, {});
    expect(failed.status).toBe('failed');
    expect((await api.post(`/executions/${failed.id}/retry`)).status).toBe(202);
    await eventually(async () =>
      expect(await api.execution(failed.id)).toMatchObject({ status: 'failed', attempt: 2 }),
    );

    const { body } = await api.get(`/workflows/${workflow}`);
    expect(body).toMatchObject({ execution_count: 0, success_rate: null, last_executed: null });
    const statistics = await api.get(`/workflows/${workflow}/statistics`);
    expect(statistics.body.totals).toMatchObject({ executions: 0, failed: 0, p50_ms: null });
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).text();
    expect(metrics).not.toContain(workflow);
  });

  it('starts test runs as children, and theirs, which count nowhere either', async () => {
    const leaf = await api.create('name: counted leaf\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    await api.create(
      'name: counted child\nconcurrency: {key: one, limit: 1, on_limit: fail}\nsteps: [{id: sub, type: subworkflow, config: {workflow: counted-leaf}}]',
    );
    const execution = await test(
      `
name: counted parent
steps:
  - {id: waited, type: subworkflow, config: {workflow: counted-child}}
  - {id: left, type: subworkflow, config: {workflow: counted-leaf, wait: false}}
`,
      {},
    );
    expect(execution.status, JSON.stringify(execution.error)).toBe('completed');
    const child = await api.execution(step(execution, 'waited').output.execution_id as string);
    const grandchild = await api.execution(step(child, 'sub').output.execution_id as string);
    const detached = await api.reaches(step(execution, 'left').output.execution_id as string, 'completed');
    for (const one of [child, grandchild, detached])
      expect(one).toMatchObject({ trigger_type: 'test', status: 'completed' });
    expect((await api.get(`/workflows/${leaf}/statistics`)).body.totals.executions).toBe(0);
    expect((await api.get(`/workflows/${leaf}`)).body.execution_count).toBe(0);
    expect((await api.get('/workflows/counted-child')).body.execution_count).toBe(0);
  });

  it('leaves the statistics of the server as they are', async () => {
    const before = (await api.get('/statistics')).body;
    await testOf(await api.create(COUNTED), {});
    const after = (await api.get('/statistics')).body;
    expect([after.totals.executions, after.steps]).toEqual([before.totals.executions, before.steps]);
  });

  it('takes no part in concurrency', async () => {
    const workflow = await api.create(`
name: one at a time
concurrency: {limit: 1, on_limit: skip}
steps: [{id: nap, type: wait, config: {duration: 1h}}]
`);
    const held = await api.start(workflow);
    expect(await testOf(workflow, { mocks: { nap: 1 } })).toMatchObject({ status: 'completed' });
    const open = await api.post(`/workflows/${workflow}/test`);
    expect((await api.post(`/executions/${held}/cancel`)).status).toBe(200);
    // The test that waits holds no place either.
    await api.start(workflow);
    await api.reaches(open.body.execution_id as string, 'waiting');
  });

  it('sees the trigger, the variables and the version that it was given, and is listed as a test', async () => {
    const workflow = await api.create(`
name: as if triggered
variables: {greeting: hello}
steps: [{id: say, type: set, config: {values: {text: "{{ variables.greeting }} {{ trigger.payload.body.name }} ({{ trigger.type }})"}}}]
`);
    const execution = await testOf(workflow, {
      variables: { greeting: 'hi' },
      version: 1,
      trigger: { type: 'webhook', payload: { body: { name: 'Ada' } } },
    });
    expect(execution.output).toEqual({ text: 'hi Ada (webhook)' });
    const listed = await api.get(`/executions?trigger_type=test&workflow_id=${workflow}`);
    expect(listed.body.items).toMatchObject([{ id: execution.id, trigger_type: 'test' }]);
  });

  it('emits no event of the engine, so that nothing follows it', async () => {
    const follower = await api.create(
      'name: follower\nsteps: [{id: a, type: log, config: {message: a}}]\ntriggers: [{type: event, config: {types: [millrace.execution.completed]}, filter: "trigger.payload.data.workflow_id == \'none\'"}]',
    );
    expect((await api.post(`/deployment/workflows/${follower}/deploy`)).status).toBe(201);
    const workflow = await api.create('name: followed\nsteps: [{id: a, type: log, config: {message: a}}]');
    const tested = await testOf(workflow, {});
    const executed = await api.start(workflow);
    await eventually(async () => {
      const { items } = (await api.get('/events?type=millrace.*')).body;
      const subjects = items.map(({ subject }: { subject: string }) => subject);
      expect(subjects).toContain(executed);
      expect(subjects).not.toContain(tested.id);
    });
    await api.call('DELETE', `/deployment/workflows/${follower}/undeploy`);
  });

  it('answers 202 without wait, and the same execution to a repeated Idempotency-Key', async () => {
    const workflow = await api.create(`name: keyed\nsteps: [{id: a, type: log, config: {message: a}}]`);
    const send = () => api.post(`/workflows/${workflow}/test`, {}, { 'idempotency-key': 'k' });
    const [first, second] = [await send(), await send()];
    expect(first).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(second).toMatchObject({ status: 202, body: { duplicate: true, id: first.body.id } });
    const executed = await api.post(`/workflows/${workflow}/execute`, {}, { 'idempotency-key': 'k' });
    expect(executed.body).toMatchObject({ duplicate: false });
  });

  it('keeps its mocks through a retry as a new execution', async () => {
    const workflow = await api.create(`
name: retried test
steps:
  - ${fetching('/retried')}
  - {id: last, type: fail, config: {message: x}}
`);
    const failed = await testOf(workflow, { mocks: { fetch: 'mocked' } });
    const retry = await api.post(`/executions/${failed.id}/retry`, { from_step: 'fetch', input: { n: 1 } });
    const second = await api.reaches(retry.body.execution_id as string, 'failed');
    expect(second).toMatchObject({ trigger_type: 'test', input: { n: 1 } });
    expect(step(second, 'fetch').output).toBe('mocked');
    expect(remote.count('/retried')).toBe(0);
  });

  it.each([
    [{ fetsh: 1 }, 'mocks.fetsh', 'step_unknown'],
    [{ 'each[].fetch': 1 }, 'mocks.each[].fetch', 'step_unknown'],
    [{ fetch: { $error: 'x' } }, 'mocks.fetch.$error', 'value_invalid'],
    [{ fetch: { $error: { code: 'x' }, rows: 1 } }, 'mocks.fetch.$error', 'value_invalid'],
  ])('with mocks %j is refused at its place', async (mocks, path, code) => {
    const workflow = await api.create(`name: refused\nsteps: [${fetching('/refused')}]`);
    const { status, body } = await api.post(`/workflows/${workflow}/test`, { mocks });
    expect([status, body.errors]).toMatchObject([422, [{ path, code }]]);
    if (code === 'step_unknown') expect(body.errors[0].hint).toContain('fetch');
  });
});
