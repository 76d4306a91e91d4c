import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { newId } from '../../src/common/ids.js';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { Reaper } from '../../src/engine/maintenance/reaper.js';
import { Reconciler } from '../../src/engine/maintenance/reconciler.js';
import { RunnerHolds } from '../../src/engine/run/runner-holds.js';
import { statuses, step, type Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
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

beforeEach(() => {
  answer = (_call, response) => response.end('{}');
});

const pause = (id: string) => api.post(`/executions/${id}/pause`);
const resume = (id: string) => api.post(`/executions/${id}/resume`);

const call = (path: string): string => `type: http, config: {method: POST, url: "${server.url}/${path}"}`;

const chain = (name: string): string => `
name: ${name}
steps:
  - {id: a, ${call(`${name}/a`)}}
  - {id: pure, type: set, config: {values: {x: 1}}}
  - {id: b, ${call(`${name}/b`)}}
`;

/** Starts it and holds its first call open. @returns what ends that call. */
async function startHeld(name: string, yaml = chain(name)): Promise<{ id: string; release: () => void }> {
  const held: (() => void)[] = [];
  answer = (_call, response) => held.push(() => response.end('{}'));
  const id = await api.start(await api.create(yaml));
  await eventually(() => expect(held.length).toBe(1));
  answer = (_call, response) => response.end('{}');
  return { id, release: () => held.forEach((finish) => finish()) };
}

async function startAsleep(name: string, more = ''): Promise<string> {
  const id = await api.start(
    await api.create(`name: ${name}\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]\n${more}`),
  );
  await api.reaches(id, 'waiting');
  return id;
}

/** Lets whoever looks after executions have their turn. */
async function passTime(id: string): Promise<void> {
  await database.query(`UPDATE step_execution SET wait_until = now() WHERE execution_id = $1`, [id]);
  await database.query('UPDATE timer SET due_at = now() WHERE subject_id = $1', [id]);
  await database.query(`SELECT pg_notify('millrace', '{"topic":"timer","payload":0}')`);
  await eventually(async () =>
    expect(await database.query('SELECT 1 FROM timer WHERE subject_id = $1', [id])).toEqual([]),
  );
  await app.app.get(Reaper).tick();
  await app.app.get(Reconciler).tick();
}

describe('pausing', () => {
  it('lets the running step end, starts nothing further, not even a pure step, and resumes from there', async () => {
    const { id, release } = await startHeld('running');
    const answered = await pause(id);
    expect([answered.status, answered.body.status, answered.body.pause_requested]).toEqual([200, 'running', true]);
    release();
    const paused = await api.reaches(id, 'paused');
    expect(statuses(paused)).toEqual({ a: 'completed' });
    expect(await database.query('SELECT owner FROM execution WHERE id = $1', [id])).toEqual([{ owner: null }]);
    expect((await resume(id)).status).toBe(200);
    const ended = await api.reaches(id, 'completed');
    expect(statuses(ended)).toEqual({ a: 'completed', pure: 'completed', b: 'completed' });
    expect([server.count('/running/a'), server.count('/running/b')]).toEqual([1, 1]);
    expect(ended).toMatchObject({ pause_requested: false });
  });

  it('comes to rest also when the last step was running, and ends when it is resumed', async () => {
    const { id, release } = await startHeld('last', `name: last\nsteps:\n  - {id: a, ${call('last/a')}}\n`);
    await pause(id);
    release();
    await api.reaches(id, 'paused');
    await resume(id);
    expect(statuses(await api.reaches(id, 'completed'))).toEqual({ a: 'completed' });
  });

  it('holds a queued execution at once', async () => {
    const workflow = await api.create(chain('queued'));
    const queue = app.app.get(ExecutionQueue);
    const add = queue.add.bind(queue);
    queue.add = () => undefined;
    const id = await api.start(workflow);
    const answered = await pause(id);
    queue.add = add;
    expect(answered.body).toMatchObject({ status: 'paused', start_time: null });
    queue.add([{ executionId: id, epoch: 0, priority: 5 }]);
    await database.query(`UPDATE execution SET queued_at = now() - interval '1 hour' WHERE id = $1`, [id]);
    await passTime(id);
    expect(server.count('/queued/a')).toBe(0);
    await resume(id);
    await api.reaches(id, 'completed');
  });

  it('holds a waiting execution at once: its timer fires into nothing, resuming finds what is due', async () => {
    const id = await startAsleep('asleep');
    expect((await pause(id)).body.status).toBe('paused');
    await passTime(id);
    expect(await api.execution(id)).toMatchObject({ status: 'paused' });
    await resume(id);
    expect(statuses(await api.reaches(id, 'completed'))).toEqual({ nap: 'completed' });
  });

  it('leaves a wait that is not due to its timer after resuming', async () => {
    const id = await startAsleep('long nap');
    await pause(id);
    await resume(id);
    const asleep = await api.reaches(id, 'waiting');
    expect(step(asleep, 'nap')).toMatchObject({ status: 'waiting', waiting: { for: 'timer' } });
    await passTime(id);
    await api.reaches(id, 'completed');
  });

  it('stops the clock of the timeout', async () => {
    const id = await startAsleep('clock', 'timeout: 2h\n');
    await pause(id);
    await database.query(
      `UPDATE execution SET paused_at = now() - interval '5 hours', deadline_at = now() - interval '4 hours' WHERE id = $1`,
      [id],
    );
    await passTime(id);
    await resume(id);
    expect((await api.reaches(id, 'completed')).error).toBeNull();
  });

  it('outlives the owner that was asked: the next one pauses, and the cut-off step runs when it is resumed', async () => {
    const { id, release } = await startHeld('orphan');
    // Its owner will not hear of it: as if that process had died at this moment.
    await database.query('UPDATE execution SET owner = $2, pause_requested = true WHERE id = $1', [id, newId()]);
    await database.query(`INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
      SELECT DISTINCT owner, 'gone', 1, 'x', '{worker}'::text[], now() - interval '1 second' FROM execution
      WHERE status = 'running' AND owner IS NOT NULL ON CONFLICT (id) DO NOTHING`);
    await app.app.get(Reaper).reap();
    release();
    const paused = await api.reaches(id, 'paused');
    expect(statuses(paused)).toEqual({ a: 'waiting' });
    expect(server.count('/orphan/a')).toBe(1);
    await resume(id);
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'a').attempts).toMatchObject([{ error: { code: 'interrupted' } }]);
    expect(server.count('/orphan/a')).toBe(2);
  });

  it('reaches an owner that has claimed the execution and not begun yet', () => {
    const holds = new RunnerHolds();
    const asked: string[] = [];
    const run = { pause: () => asked.push('pause'), cancel: () => asked.push('cancel') };
    holds.set('x', null);
    holds.ask('x', 'pause');
    expect(asked).toEqual([]);
    holds.set('x', run as never);
    expect(asked).toEqual(['pause']);
    holds.delete('x');
    holds.ask('x', 'cancel');
    holds.set('x', run as never);
    expect(asked).toEqual(['pause']);
  });

  it('reaches an owner in another replica', async () => {
    const other = await startApp({ ROLES: 'api' }, app.db);
    const { id, release } = await startHeld('elsewhere');
    expect((await other.api.post(`/executions/${id}/pause`)).status).toBe(200);
    const run = app.app.get(RunnerHolds).all()[0] as unknown as { pausing: boolean };
    await eventually(() => expect(run.pausing).toBe(true));
    release();
    expect(statuses(await api.reaches(id, 'paused'))).toEqual({ a: 'completed' });
    await other.api.post(`/executions/${id}/resume`);
    await api.reaches(id, 'completed');
    await other.close();
  });

  it('can be taken back while running steps end', async () => {
    const { id, release } = await startHeld('changed mind');
    await pause(id);
    expect((await resume(id)).body).toMatchObject({ status: 'running', pause_requested: false });
    release();
    expect(statuses(await api.reaches(id, 'completed'))).toEqual({ a: 'completed', pure: 'completed', b: 'completed' });
  });
});

describe('a paused execution', () => {
  it('can be cancelled, and runs its finally then', async () => {
    const id = await startAsleep('stop', 'finally: [{id: clean, type: set, config: {values: {x: 1}}}]');
    await pause(id);
    expect((await api.post(`/executions/${id}/cancel`)).status).toBe(200);
    const ended = await api.reaches(id, 'cancelled');
    expect(statuses(ended)).toEqual({ nap: 'cancelled', clean: 'completed' });
  });

  it('stays paused when it is paused again; what has ended or is not paused is refused', async () => {
    const id = await startAsleep('states');
    expect([(await resume(id)).status, (await pause(id)).status, (await pause(id)).status]).toEqual([409, 200, 200]);
    await api.post(`/executions/${id}/cancel`);
    for (const act of [pause, resume]) {
      const refused = await act(id);
      expect([refused.status, refused.body.code]).toEqual([409, 'execution_state']);
      expect((await act(newId())).status).toBe(404);
    }
  });
});
