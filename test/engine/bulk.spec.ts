import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { newId } from '../../src/common/ids.js';
import { statuses, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let database: Database;
let server: RecordingServer;
let isBroken = true;

beforeAll(async () => {
  const app = await startApp();
  api = app.api;
  database = app.db.database;
  server = await startRecordingServer((_call, response) => response.writeHead(isBroken ? 500 : 200).end('{}'));
});

const sleeper = (name: string): Promise<string> =>
  api.create(`name: ${name}\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]`);

async function startMany(workflow: string, count: number, status: string): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => api.start(workflow)));
  for (const id of ids) await api.reaches(id, status);
  return ids;
}

describe('POST /executions/bulk/cancel', () => {
  it('cancels the open executions that the filter finds, and no others', async () => {
    const workflow = await sleeper('bulk');
    const other = await startMany(await sleeper('bystander'), 1, 'waiting');
    const ids = await startMany(workflow, 5, 'waiting');
    await api.post(`/executions/${ids[0]}/cancel`);
    const answered = await api.post('/executions/bulk/cancel', { workflow_id: workflow, reason: 'over' });
    expect([answered.status, answered.body]).toEqual([200, { matched: 4, done: 4, failed: [], next_cursor: null }]);
    for (const id of ids) expect((await api.execution(id)).status).toBe('cancelled');
    expect(await api.execution(ids[1]!)).toMatchObject({ cancel_reason: 'over' });
    expect((await api.execution(other[0]!)).status).toBe('waiting');
  });

  it('takes ids, and says of each that could not be cancelled why', async () => {
    const [open = ''] = await startMany(await sleeper('by ids'), 1, 'waiting');
    const ended = await api.run('name: ended\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    const nothing = newId();
    const { body } = await api.post('/executions/bulk/cancel', { ids: [open, ended.id, nothing] });
    expect(body).toMatchObject({ matched: 2, done: 1 });
    expect(body.failed.map((failure: any) => [failure.id, failure.code]).sort()).toEqual(
      [
        [ended.id, 'execution_state'],
        [nothing, 'execution_not_found'],
      ].sort(),
    );
  });

  it('takes `limit` at a time and leads on with a cursor', async () => {
    const workflow = await sleeper('pages');
    await startMany(workflow, 3, 'waiting');
    const first = await api.post('/executions/bulk/cancel', { workflow_id: workflow, limit: 2 });
    expect(first.body).toMatchObject({ matched: 2, done: 2 });
    const cursor = first.body.next_cursor as string;
    const second = await api.post('/executions/bulk/cancel', { workflow_id: workflow, limit: 2, cursor });
    expect(second.body).toEqual({ matched: 1, done: 1, failed: [], next_cursor: null });
  });

  it.each([
    ['no filter', {}, ''],
    ['no filter but a limit', { limit: 10 }, ''],
    ['too high a limit', { workflow_id: 'x', limit: 1001 }, 'limit'],
    ['an id that is none', { ids: ['x'] }, 'ids'],
    ['too many ids', { ids: Array.from({ length: 1001 }, () => newId()) }, 'ids'],
    ['an unknown field', { workflow: 'x' }, 'workflow'],
  ])('refuses %s with 422', async (_what, body, path) => {
    const answered = await api.post('/executions/bulk/cancel', body);
    expect([answered.status, answered.body.errors[0].path]).toEqual([422, path]);
  });
});

describe('POST /executions/bulk/retry', () => {
  it('retries in place what has failed, by the filter of the list', async () => {
    const workflow = await api.create(
      `name: mended\nsteps:\n  - {id: a, type: http, config: {url: "${server.url}/bulk"}}\n`,
    );
    const ids = await startMany(workflow, 3, 'failed');
    isBroken = false;
    const completed = await startMany(workflow, 1, 'completed');
    const { body } = await api.post('/executions/bulk/retry', { workflow_id: workflow, q: 'http_500' });
    expect(body).toEqual({ matched: 3, done: 3, failed: [], next_cursor: null, duplicate: false });
    for (const id of ids) expect(await api.reaches(id, 'completed')).toMatchObject({ attempt: 2 });
    expect((await api.execution(completed[0]!)).attempt).toBe(1);
    const refused = await api.post('/executions/bulk/retry', { workflow_id: workflow, status: ['completed'] });
    expect(refused.body).toMatchObject({ matched: 4, done: 0 });
    expect(refused.body.failed[0].code).toBe('execution_state');
  });
});

describe('POST /executions/bulk/retry with one Idempotency-Key', () => {
  const HEADERS = { 'idempotency-key': 'again' };
  const TWICE = { status: 'failed', attempt: 2 };
  const workflow = () => api.create(`name: keyed\nsteps: [{id: a, type: fail, config: {message: no}}]`);

  it('retries what the first call has found, once, and answers what it has answered', async () => {
    const body = { workflow_id: await workflow() };
    const ids = await startMany(body.workflow_id, 2, 'failed');
    const first = await api.post('/executions/bulk/retry', body, HEADERS);
    expect(first.body).toEqual({ matched: 2, done: 2, failed: [], next_cursor: null, duplicate: false });
    for (const id of ids) await eventually(async () => expect(await api.execution(id)).toMatchObject(TWICE));
    const [late = ''] = await startMany(body.workflow_id, 1, 'failed');
    const second = await api.post('/executions/bulk/retry', body, HEADERS);
    expect(second.body).toEqual({ ...first.body, duplicate: true });
    for (const id of ids) expect(await api.execution(id)).toMatchObject(TWICE);
    expect(await api.execution(late)).toMatchObject({ status: 'failed', attempt: 1 });
  });

  it('goes on where the first call was cut off, and retries nothing a second time', async () => {
    const body = { workflow_id: await workflow() };
    const headers = { 'idempotency-key': 'cut off' };
    const [one = '', two = ''] = await startMany(body.workflow_id, 2, 'failed');
    await api.post('/executions/bulk/retry', body, headers);
    for (const id of [one, two]) await eventually(async () => expect(await api.execution(id)).toMatchObject(TWICE));
    // As a crash in the middle leaves it: no answer yet, and the retry of one of the two undone.
    await database.query('UPDATE keyed_call SET answer = NULL');
    await database.query(`DELETE FROM occurrence_key WHERE trigger_id = $1 AND dedup_key LIKE 'bulk:%'`, [two]);
    const again = await api.post('/executions/bulk/retry', body, headers);
    expect(again.body).toMatchObject({ matched: 2, done: 2, duplicate: true });
    await eventually(async () => expect(await api.execution(two)).toMatchObject({ ...TWICE, attempt: 3 }));
    expect(await api.execution(one)).toMatchObject(TWICE);
  });
});

describe('DELETE /executions/{id}', () => {
  it('removes an ended execution with its steps and its log; an open one is refused', async () => {
    const ended = await api.run('name: gone\nsteps: [{id: a, type: log, config: {message: hello}}]');
    expect(statuses(ended)).toEqual({ a: 'completed' });
    expect((await api.call('DELETE', `/executions/${ended.id}`)).status).toBe(204);
    expect((await api.get(`/executions/${ended.id}`)).status).toBe(404);
    for (const table of ['step_execution', 'execution_log'])
      expect(await database.query(`SELECT 1 FROM ${table} WHERE execution_id = $1`, [ended.id])).toEqual([]);
    expect((await api.call('DELETE', `/executions/${ended.id}`)).status).toBe(404);
    const [open] = await startMany(await sleeper('still open'), 1, 'waiting');
    const refused = await api.call('DELETE', `/executions/${open}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'execution_state']);
    expect(statuses(await api.execution(open!))).toEqual({ nap: 'waiting' });
  });
});
