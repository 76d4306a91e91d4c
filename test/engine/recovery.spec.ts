import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { newId } from '../../src/common/ids.js';
import { Reaper } from '../../src/engine/maintenance/reaper.js';
import { statuses, step, type Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { queueOnly } from '../support/queue-only.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let database: Database;
let server: RecordingServer;
let answer: Answer;

beforeAll(async () => {
  app = await startApp();
  api = app.api;
  database = app.db.database;
  server = await startRecordingServer((call, response) => answer(call, response));
});

const two = (name: string, more = ''): string => `
name: ${name}
steps:
  - {id: first, type: http, config: {method: POST, url: "${server.url}/${name}/first"}}
  - {id: second, type: http, config: {method: POST, url: "${server.url}/${name}/second"}${more}}
`;

/** Starts it, and takes it away from its owner while `second` is in flight, as if that process had died. */
async function cutOff(name: string, more = ''): Promise<{ id: string; release: () => void }> {
  const held: (() => void)[] = [];
  answer = (call, response) => {
    if (!call.url.endsWith('second')) response.end('{}');
    else held.push(() => response.end('{}'));
  };
  const id = await api.start(await api.create(two(name, more)));
  await eventually(() => expect(server.count(`/${name}/second`)).toBe(1));
  answer = (_call, response) => response.end('{}');
  await database.query('UPDATE execution SET owner = $2 WHERE id = $1', [id, newId()]);
  return { id, release: () => held.forEach((finish) => finish()) };
}

const reapAll = async (): Promise<void> => {
  await database.query(`INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
    SELECT DISTINCT owner, 'gone', 1, 'x', '{worker}'::text[], now() - interval '1 second' FROM execution
    WHERE status = 'running' AND owner IS NOT NULL ON CONFLICT (id) DO NOTHING`);
  await app.app.get(Reaper).reap();
};

describe('an execution whose owner is gone', () => {
  it('goes on where it was: finished steps stay, the cut-off one runs again with its key', async () => {
    const { id, release } = await cutOff('gone');
    await reapAll();
    // The old owner still holds it in this process; a new claim needs it to have noticed.
    release();
    const ended = await api.reaches(id, 'completed');
    expect(server.count('/gone/first')).toBe(1);
    expect(server.count('/gone/second')).toBe(2);
    const keys = server.calls
      .filter((call) => call.url === '/gone/second')
      .map((call) => call.headers['idempotency-key']);
    expect(keys).toEqual([`${id}:second`, `${id}:second`]);
    expect(step(ended, 'second').attempts).toMatchObject([{ error: { code: 'interrupted' } }]);
  });

  it('fails with on_interrupt: fail instead of repeating a step with effects', async () => {
    const { id, release } = await cutOff('cautious', ', on_interrupt: fail');
    await reapAll();
    release();
    const ended = await api.reaches(id, 'failed');
    expect(ended.error).toMatchObject({ code: 'interrupted', step_path: 'second' });
    expect(server.count('/cautious/second')).toBe(1);
  });

  it('cannot be changed by the old owner: its epoch has passed', async () => {
    const { id, release } = await cutOff('stale');
    await database.query(`UPDATE execution SET epoch = epoch + 1, status = 'paused' WHERE id = $1`, [id]);
    release();
    await eventually(async () => {
      const [row] = await database.query<{ status: string }>(
        `SELECT status FROM step_execution WHERE execution_id = $1 AND step_id = 'second'`,
        [id],
      );
      expect(row?.status).toBe('running');
    });
    await new Promise((next) => setTimeout(next, 200));
    const execution = await api.execution(id);
    expect(execution.status).toBe('paused');
    expect(statuses(execution)).toEqual({ first: 'completed', second: 'running' });
  });

  it('is not tried again when a step took its process down three times', async () => {
    const { id, release } = await cutOff('poison');
    const past = [1, 2].map((attempt) => ({ attempt, error: { code: 'interrupted', message: 'x' } }));
    await database.query(`UPDATE step_execution SET attempts = $2 WHERE execution_id = $1 AND step_id = 'second'`, [
      id,
      JSON.stringify(past),
    ]);
    await reapAll();
    release();
    const ended = await api.reaches(id, 'failed');
    expect(ended.error).toMatchObject({ code: 'step_quarantined', step_path: 'second' });
  });
});

describe('the reconciler', () => {
  it('puts back what the queue has forgotten', async () => {
    answer = (_call, response) => response.end('{}');
    const workflow = await api.create('name: forgotten\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    const queue = app.app.get(ExecutionQueue);
    const add = queue.add.bind(queue);
    queue.add = () => undefined;
    const direct = queueOnly(app.app);
    const ids = await Promise.all(Array.from({ length: 20 }, () => api.start(workflow)));
    direct();
    queue.add = add;
    for (const id of ids) expect((await api.execution(id)).status).toBe('queued');
    await database.query(`UPDATE execution SET queued_at = now() - interval '1 minute' WHERE status = 'queued'`);
    for (const id of ids) await api.reaches(id, 'completed');
  });
});

describe('an execution that no run can read any more', () => {
  it('ends as failed, and leaves no step, approval or child open', async () => {
    const child = await api.create('name: left child\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const id = await api.start(
      await api.create(`
name: left open
steps:
  - {id: ask, type: approval, config: {title: Go on}}
  - {id: call, type: subworkflow, depends_on: [], config: {workflow: ${child}}}
  - {id: nap, type: wait, depends_on: [], config: {duration: 1h}}
`),
    );
    await api.reaches(id, 'waiting');
    const [approval] = (await api.get('/approvals?status=pending')).body.items.filter(
      (one: { execution_id: string }) => one.execution_id === id,
    );
    await database.query(`UPDATE step_execution SET step_path = 'gone' WHERE execution_id = $1 AND step_path = 'nap'`, [
      id,
    ]);
    await api.post(`/executions/${id}/pause`);
    await api.post(`/executions/${id}/resume`);
    const ended = await api.reaches(id, 'failed');
    expect(ended.error).toMatchObject({ code: 'internal', step_path: null });
    expect(Object.values(statuses(ended))).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect((await api.get(`/approvals/${approval.id}`)).body.status).toBe('expired');
    const [{ id: childId }] = (await api.get(`/executions?parent_id=${id}`)).body.items;
    await api.reaches(childId, 'cancelled');
  });
});
