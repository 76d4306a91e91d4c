import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { newId } from '../../src/common/ids.js';
import { GroupCommit } from '../../src/common/database/group-commit.js';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { RunServicesFactory } from '../../src/engine/run/run-services.factory.js';
import { statuses, step, type Api, type ExecutionView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let database: Database;
let server: RecordingServer;
/** Paths that answer 500. */
const broken = new Set<string>();
let answer: Answer;

beforeAll(async () => {
  app = await startApp();
  api = app.api;
  database = app.db.database;
  server = await startRecordingServer((call, response) => answer(call, response));
});

beforeEach(() => {
  broken.clear();
  answer = (call, response) => response.writeHead(broken.has(call.url) ? 500 : 200).end('{}');
});

const call = (path: string, more = ''): string =>
  `type: http, config: {method: POST, url: "${server.url}/${path}"}${more}`;

const three = (name: string): string => `
name: ${name}
steps:
  - {id: a, ${call(`${name}/a`)}}
  - {id: b, ${call(`${name}/b`)}}
  - {id: c, ${call(`${name}/c`)}}
`;

const counts = (name: string, ...steps: string[]): number[] => steps.map((id) => server.count(`/${name}/${id}`));

const retry = (id: string, body: unknown = {}, headers = {}) => api.post(`/executions/${id}/retry`, body, headers);

/** Retries it and waits for the end. */
async function retried(id: string, body: unknown = {}): Promise<ExecutionView & { retry_of: string | null }> {
  const answered = await retry(id, body);
  expect(answered.status, JSON.stringify(answered.body)).toBe(202);
  return (await ended(answered.body.execution_id)) as ExecutionView & { retry_of: string | null };
}

async function ended(id: string): Promise<ExecutionView> {
  return await eventually(async () => {
    const execution = await api.execution(id);
    expect(['queued', 'running', 'waiting', 'paused']).not.toContain(execution.status);
    return execution;
  });
}

async function totals(workflow: string): Promise<Record<string, number>> {
  return (await api.get(`/workflows/${workflow}/statistics`)).body.totals as Record<string, number>;
}

describe('a retry in place', () => {
  it('keeps the id and what has finished, runs the rest, and counts the attempt', async () => {
    broken.add('/mended/b');
    const failed = await api.run(three('mended'));
    expect(failed.status).toBe('failed');
    broken.clear();
    const again = await retried(failed.id);
    expect(again).toMatchObject({ id: failed.id, status: 'completed', attempt: 2, error: null, retry_of: null });
    expect(statuses(again)).toEqual({ a: 'completed', b: 'completed', c: 'completed' });
    expect(counts('mended', 'a', 'b', 'c')).toEqual([1, 2, 1]);
  });

  it('keeps the step execution with its failed attempts, and its idempotency key', async () => {
    broken.add('/kept/b');
    const failed = await api.run(three('kept'));
    broken.clear();
    const again = await retried(failed.id);
    expect(step(again, 'b')).toMatchObject({
      id: step(failed, 'b').id,
      attempt: 2,
      attempts: [{ attempt: 1, execution_attempt: 1, error: { code: 'http_500' } }],
    });
    expect(again.step_executions.length).toBe(3);
    expect(step(again, 'a')).toMatchObject({ attempt: 1, attempts: [] });
    const keys = server.calls.filter(({ url }) => url === '/kept/b').map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([`${failed.id}:b`, `${failed.id}:b`]);
  });

  it('gives a step all the attempts of its policy again', async () => {
    broken.add('/policy/b');
    const policy = ', retry_policy: {max_attempts: 2, initial_delay: 1ms, retry_on: ["http_5*"]}';
    const failed = await api.run(`name: policy\nsteps:\n  - {id: b, ${call('policy/b', policy)}}\n`);
    expect(server.count('/policy/b')).toBe(2);
    const again = await retried(failed.id);
    expect([again.status, server.count('/policy/b')]).toEqual(['failed', 4]);
    expect(step(again, 'b').attempt).toBe(4);
  });

  it('of a completed one needs from_step, and runs that step and all that follows it', async () => {
    const done = await api.run(`
name: again
steps:
  - {id: a, ${call('again/a')}}
  - {id: b, ${call('again/b')}}
  - {id: side, depends_on: [a], ${call('again/side')}}
  - {id: d, depends_on: [b, side], ${call('again/d')}}
`);
    const refused = await retry(done.id);
    expect([refused.status, refused.body.code]).toEqual([409, 'execution_state']);
    const again = await retried(done.id, { from_step: 'b' });
    expect(again).toMatchObject({ status: 'completed', attempt: 2 });
    expect(counts('again', 'a', 'b', 'side', 'd')).toEqual([1, 2, 1, 2]);
    expect(step(again, 'b').attempts).toMatchObject([{ attempt: 1, error: null }]);
  });

  it('goes back into a branch: what has finished in there stays, and what follows the branch runs again', async () => {
    broken.add('/nested/two');
    const yaml = `
name: nested
steps:
  - id: check
    type: condition
    config:
      expression: "true"
      then:
        - {id: one, ${call('nested/one')}}
        - {id: two, ${call('nested/two')}}
        - {id: three, ${call('nested/three')}}
      else:
        - {id: other, type: set, config: {values: {x: 1}}}
  - {id: after, ${call('nested/after')}}
`;
    const failed = await api.run(yaml);
    expect(statuses(failed)).toMatchObject({ check: 'failed', 'check.two': 'failed' });
    broken.clear();
    const mended = await retried(failed.id);
    expect(mended.status).toBe('completed');
    expect(counts('nested', 'one', 'two', 'three', 'after')).toEqual([1, 2, 1, 1]);
    const again = await retried(failed.id, { from_step: 'check.two' });
    expect(again).toMatchObject({ status: 'completed', attempt: 3 });
    expect(counts('nested', 'one', 'two', 'three', 'after')).toEqual([1, 3, 2, 2]);
    const refused = await retry(failed.id, { from_step: 'check.other' });
    expect(refused.body).toMatchObject({ status: 422, errors: [{ path: 'from_step', code: 'step_not_reached' }] });
  });

  it('decides branches anew: steps of the branch not taken any more are skipped', async () => {
    const yaml = `
name: other way
steps:
  - {id: ask, ${call('way/ask', ', on_error: continue')}}
  - id: check
    type: condition
    config:
      expression: steps.ask.status == "failed"
      then: [{id: broke, type: set, config: {values: {x: 1}}}]
      else: [{id: fine, type: set, config: {values: {x: 2}}}]
`;
    broken.add('/way/ask');
    const first = await api.run(yaml);
    expect(statuses(first)).toEqual({ ask: 'failed', check: 'completed', 'check.broke': 'completed' });
    broken.clear();
    const again = await retried(first.id, { from_step: 'ask' });
    expect(again).toMatchObject({ status: 'completed', output: { x: 2 } });
    expect(statuses(again)).toEqual({
      ask: 'completed',
      check: 'completed',
      'check.broke': 'skipped',
      'check.fine': 'completed',
    });
  });

  it('runs finally again, and on_failure only when it fails again', async () => {
    broken.add('/parts/b');
    const failed = await api.run(
      `name: parts\nsteps:\n  - {id: b, ${call('parts/b')}}\n` +
        `on_failure:\n  - {id: tell, ${call('parts/tell')}}\nfinally:\n  - {id: clean, ${call('parts/clean')}}\n`,
    );
    expect(counts('parts', 'b', 'tell', 'clean')).toEqual([1, 1, 1]);
    broken.clear();
    const again = await retried(failed.id);
    expect(again.status).toBe('completed');
    expect(counts('parts', 'b', 'tell', 'clean')).toEqual([2, 1, 2]);
    expect(statuses(again)).toEqual({ b: 'completed', tell: 'skipped', clean: 'completed' });
  });

  it('of a timed out one begins a new deadline; of a cancelled one goes on where it was', async () => {
    const held: (() => void)[] = [];
    answer = (request, response) => {
      if (request.url.endsWith('b')) held.push(() => response.end('{}'));
      else response.end('{}');
    };
    const late = await api.run(`${three('late')}timeout: 1s\n`);
    expect(late.status).toBe('timed_out');
    const id = await api.start(await api.create(three('stopped')));
    await eventually(() => expect(server.count('/stopped/b')).toBe(1));
    expect((await api.post(`/executions/${id}/cancel`, { reason: 'enough' })).body.status).toBe('cancelled');
    answer = (_request, response) => response.end('{}');
    expect(await retried(late.id)).toMatchObject({ status: 'completed', error: null });
    expect(await retried(id)).toMatchObject({ status: 'completed', cancel_reason: null });
    expect(counts('late', 'a', 'b', 'c')).toEqual([1, 2, 1]);
    expect(counts('stopped', 'a', 'b', 'c')).toEqual([1, 2, 1]);
  });

  it('counts an execution once, as what it ended as at last', async () => {
    broken.add('/counted/b');
    const failed = await api.run(three('counted'));
    expect(await totals(failed.workflow_id)).toMatchObject({ executions: 1, failed: 1, completed: 0 });
    broken.clear();
    await retried(failed.id);
    await eventually(async () =>
      expect(await totals(failed.workflow_id)).toMatchObject({ executions: 1, failed: 0, completed: 1 }),
    );
  });

  it('raises the epoch, so that an owner of before can change nothing', async () => {
    broken.add('/fenced/b');
    const failed = await api.run(three('fenced'));
    const [before] = await database.query<{ epoch: number }>('SELECT epoch FROM execution WHERE id = $1', [failed.id]);
    const queue = app.app.get(ExecutionQueue);
    const add = queue.add.bind(queue);
    queue.add = () => undefined;
    expect((await retry(failed.id)).body.status).toBe('queued');
    const { services } = app.app.get(RunServicesFactory);
    const late = await app.app.get(GroupCommit).submit(services.checkpoint, {
      executionId: failed.id,
      workflowId: failed.workflow_id,
      epoch: before!.epoch,
      steps: [],
      logs: [],
      move: null,
    });
    queue.add = add;
    expect(late).toBe('lost');
    broken.clear();
    queue.add([{ executionId: failed.id, epoch: before!.epoch + 1, priority: 5 }]);
    expect((await ended(failed.id)).status).toBe('completed');
  });

  it('is refused while it runs (409), for a step that is not there (422), for no execution (404)', async () => {
    const workflow = await api.create('name: open\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const id = await api.start(workflow);
    await api.reaches(id, 'waiting');
    const open = await retry(id);
    expect([open.status, open.body.code]).toEqual([409, 'execution_state']);
    broken.add('/refused/b');
    const failed = await api.run(three('refused'));
    const unknown = await retry(failed.id, { from_step: 'bb' });
    expect(unknown.body).toMatchObject({ status: 422, errors: [{ path: 'from_step', code: 'unknown_step' }] });
    expect((await retry(failed.id, { from: 'b' })).body.errors[0]).toMatchObject({
      path: 'from',
      code: 'field_unknown',
    });
    expect((await retry(newId())).status).toBe(404);
    expect((await api.execution(failed.id)).attempt).toBe(1);
  });

  it('happens once for one Idempotency-Key', async () => {
    broken.add('/key/b');
    const failed = await api.run(three('key'));
    const again = () => retry(failed.id, {}, { 'idempotency-key': 'k' });
    const answers = [await again(), await again()];
    expect(answers.map(({ status, body }) => [status, body.execution_id, body.duplicate])).toEqual([
      [202, failed.id, false],
      [202, failed.id, true],
    ]);
    expect((await ended(failed.id)).attempt).toBe(2);
  });
});

describe('a retry with input or with_version', () => {
  it('is a new execution that keeps the results before the failed step', async () => {
    broken.add('/anew/b');
    const failed = await api.run(`${three('anew')}  - {id: d, type: set, config: {values: {n: "{{ input.n }}"}}}\n`, {
      input: { n: 1 },
    });
    broken.clear();
    const again = await retried(failed.id, { input: { n: 2 } });
    expect(again).toMatchObject({ status: 'completed', retry_of: failed.id, attempt: 1, output: { n: 2 } });
    expect(again.id).not.toBe(failed.id);
    expect(counts('anew', 'a', 'b', 'c')).toEqual([1, 2, 1]);
    expect(step(again, 'a').output).toEqual(step(failed, 'a').output);
    expect(await api.execution(failed.id)).toMatchObject({ status: 'failed', attempt: 1, input: { n: 1 } });
    expect((await totals(failed.workflow_id))['executions']).toBe(2);
  });

  it('runs the version that is named, with results whose steps are in it', async () => {
    broken.add('/fixed/b');
    const failed = await api.run(three('fixed'));
    const { body } = await api.call(
      'PUT',
      `/workflows/${failed.workflow_id}`,
      three('fixed').replace('fixed/b', 'fixed/b2').replace('id: c', 'id: c2'),
      { 'content-type': 'application/yaml' },
    );
    expect(body.version).toBe(2);
    const again = await retried(failed.id, { with_version: 2 });
    expect(again).toMatchObject({ status: 'completed', version: 2, retry_of: failed.id });
    expect(statuses(again)).toEqual({ a: 'completed', b: 'completed', c2: 'completed' });
    expect(counts('fixed', 'a', 'b', 'b2', 'c')).toEqual([1, 1, 1, 1]);
    expect((await retry(failed.id, { with_version: 9 })).status).toBe(404);
  });

  it('keeps what is before from_step inside a branch', async () => {
    const done = await api.run(`
name: inside
steps:
  - id: check
    type: condition
    config:
      expression: "true"
      then:
        - {id: one, ${call('inside/one')}}
        - {id: two, ${call('inside/two')}}
  - {id: after, ${call('inside/after')}}
`);
    const again = await retried(done.id, { from_step: 'check.two', input: {} });
    expect(again).toMatchObject({ status: 'completed', retry_of: done.id });
    expect(counts('inside', 'one', 'two', 'after')).toEqual([1, 2, 2]);
  });

  it('refuses an input that input_schema does not allow', async () => {
    broken.add('/schema/b');
    const failed = await api.run(`${three('schema')}input_schema: {type: object, required: [n]}\n`, {
      input: { n: 1 },
    });
    const refused = await retry(failed.id, { input: {} });
    expect([refused.status, refused.body.code]).toEqual([422, 'input_invalid']);
    expect((await api.get(`/workflows/${failed.workflow_id}/executions`)).body.items.length).toBe(1);
  });
});

describe('POST /step-executions/{id}/retry', () => {
  it('runs that step and what follows it again', async () => {
    const done = await api.run(three('stepwise'));
    const answered = await api.post(`/step-executions/${step(done, 'b').id}/retry`);
    expect([answered.status, answered.body.execution_id]).toEqual([202, done.id]);
    expect(await ended(done.id)).toMatchObject({ status: 'completed', attempt: 2 });
    expect(counts('stepwise', 'a', 'b', 'c')).toEqual([1, 2, 2]);
    expect((await api.post(`/step-executions/${newId()}/retry`)).status).toBe(404);
  });
});
