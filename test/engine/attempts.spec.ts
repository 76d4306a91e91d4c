import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { statuses, step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let database: Database;
let server: RecordingServer;
let answer: Answer;

beforeAll(async () => {
  const app = await startApp();
  api = app.api;
  database = app.db.database;
  server = await startRecordingServer((call, response) => answer(call, response));
});

beforeEach(() => {
  answer = (_call, response) => response.end('{}');
});

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_call, response) =>
    response.writeHead(code, headers).end('{}');

/** Answers one after the other, the last one for ever. */
function sequence(...answers: Answer[]): Answer {
  let next = 0;
  return (call, response) => answers[Math.min(next++, answers.length - 1)]!(call, response);
}

/** Lets every durable timer come due, and every step of the execution with it. */
async function passTime(execution: string): Promise<void> {
  await database.query(`UPDATE step_execution SET wait_until = now() WHERE execution_id = $1 AND status = 'waiting'`, [
    execution,
  ]);
  await database.query('UPDATE timer SET due_at = now() WHERE subject_id = $1', [execution]);
  await database.query(`SELECT pg_notify('millrace', '{"topic":"timer","payload":0}')`);
}

const http = (path: string, more = ''): string => `
name: attempts ${path}
steps:
  - {id: before, type: set, config: {values: {x: 1}}}
  - {id: call, type: http, config: {url: "${server.url}/${path}"}${more}}
  - {id: after, type: set, config: {values: {attempts: "{{ steps.call.attempts }}"}}}
`;

describe('retries', () => {
  it('try again by the policy, keep each failed attempt, and send one idempotency key', async () => {
    answer = sequence(status(503), status(500), status(200));
    const execution = await api.run(http('flaky', ', retry_policy: {max_attempts: 5, initial_delay: 10ms}'));
    expect(execution.status).toBe('completed');
    expect(step(execution, 'call').attempt).toBe(3);
    expect(step(execution, 'call').attempts.map((past) => past.error.code)).toEqual(['http_503', 'http_500']);
    expect(execution.output).toEqual({ attempts: 3 });
    expect(server.count('/flaky')).toBe(3);
  });

  it('do not happen unless asked for', async () => {
    answer = status(503);
    const execution = await api.run(http('once'));
    expect(execution.error).toMatchObject({ code: 'http_503', step_path: 'call' });
    expect(server.count('/once')).toBe(1);
  });

  it('stop at max_attempts and at what abort_on names', async () => {
    answer = status(503);
    await api.run(http('three', ', retry_policy: {max_attempts: 3, initial_delay: 1ms}'));
    await api.run(http('aborted', ', retry_policy: {max_attempts: 3, initial_delay: 1ms, abort_on: ["http_50*"]}'));
    expect([server.count('/three'), server.count('/aborted')]).toEqual([3, 1]);
  });

  it('after a long delay are a timer, hold no slot, and survive in the database', async () => {
    answer = sequence(status(503, { 'retry-after': '3600' }), status(200));
    const workflow = await api.create(http('later', ', retry_policy: {max_attempts: 2, initial_delay: 1ms}'));
    const id = await api.start(workflow);
    const waiting = await api.reaches(id, 'waiting');
    expect(step(waiting, 'call')).toMatchObject({ status: 'waiting', waiting: { for: 'retry' }, attempt: 2 });
    expect(Date.parse(step(waiting, 'call').waiting!.until!)).toBeGreaterThan(Date.now() + 3_000_000);
    await passTime(id);
    const ended = await api.reaches(id, 'completed');
    expect(statuses(ended)).toEqual({ before: 'completed', call: 'completed', after: 'completed' });
  });
});

describe('waits', () => {
  it('put the execution to sleep and go on from there', async () => {
    const workflow = await api.create(`
name: sleeper
steps:
  - {id: a, type: http, config: {url: "${server.url}/sleeper"}}
  - {id: nap, type: wait, config: {duration: 2h}}
  - {id: b, type: set, config: {values: {x: "{{ steps.a.output.status_code }}"}}}
`);
    const id = await api.start(workflow);
    const asleep = await api.reaches(id, 'waiting');
    expect(step(asleep, 'nap')).toMatchObject({ status: 'waiting', waiting: { for: 'timer' } });
    expect(await database.query('SELECT owner FROM execution WHERE id = $1', [id])).toEqual([{ owner: null }]);
    await passTime(id);
    const ended = await api.reaches(id, 'completed');
    expect(ended.output).toEqual({ x: 200 });
    expect(server.count('/sleeper')).toBe(1);
  });

  it('of a branch do not hold up another branch', async () => {
    const workflow = await api.create(`
name: two branches
steps:
  - {id: nap, type: wait, depends_on: [], config: {duration: 2h}}
  - {id: call, type: http, depends_on: [], config: {url: "${server.url}/beside"}}
  - {id: join, type: set, depends_on: [nap, call], config: {values: {x: 1}}}
`);
    const id = await api.start(workflow);
    const asleep = await api.reaches(id, 'waiting');
    expect(statuses(asleep)).toEqual({ nap: 'waiting', call: 'completed' });
    await passTime(id);
    await api.reaches(id, 'completed');
  });

  it('are given up when another branch fails', async () => {
    answer = status(404);
    const execution = await api.run(`
name: given up
steps:
  - {id: nap, type: wait, depends_on: [], config: {duration: 2h}}
  - {id: call, type: http, depends_on: [], config: {url: "${server.url}/fails"}}
`);
    expect(execution.status).toBe('failed');
    expect(statuses(execution)).toEqual({ nap: 'cancelled', call: 'failed' });
  });
});

describe('timeouts', () => {
  /** Never answers; resolves when the client has gone. */
  const hang = (): { gone: Promise<void> } => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    answer = (_call, response) => response.once('close', () => resolve(undefined));
    return { gone: promise.then(() => undefined) };
  };

  it('of a step abort its work for real', async () => {
    const { gone } = hang();
    const execution = await api.run(http('hangs', ', timeout: 100ms'));
    expect(step(execution, 'call')).toMatchObject({ status: 'timed_out', error: { code: 'timeout' } });
    expect(execution.status).toBe('failed');
    expect(execution.error).toMatchObject({ code: 'timeout', step_path: 'call' });
    await gone;
  });

  it('can be retried', async () => {
    answer = sequence(() => undefined, status(200));
    const execution = await api.run(
      http(
        'slow once',
        ', timeout: 100ms, retry_policy: {max_attempts: 2, initial_delay: 1ms, retry_on: [timeout]}',
      ).replaceAll('slow once', 'slow-once'),
    );
    expect(execution.status).toBe('completed');
    expect(step(execution, 'call').attempt).toBe(2);
  });

  it('of the execution end it as timed_out, running work aborted, finally run', async () => {
    const { gone } = hang();
    const yaml = `${http('forever')}timeout: 200ms\nfinally:\n  - {id: clean, type: set, config: {values: {x: 1}}}\n`;
    const execution = await api.run(yaml);
    expect(execution.status).toBe('timed_out');
    expect(execution.error).toMatchObject({ code: 'timeout', step_path: null });
    expect(statuses(execution)).toEqual({ before: 'completed', call: 'timed_out', clean: 'completed' });
    await gone;
  });

  it('of the execution count waits as well', async () => {
    const execution = await api.run(`
name: sleeps too long
timeout: 300ms
steps:
  - {id: nap, type: wait, config: {duration: 1h}}
`);
    expect(execution.status).toBe('timed_out');
    expect(statuses(execution)).toEqual({ nap: 'cancelled' });
  });
});

describe('cancel', () => {
  const cancel = (id: string) => api.post(`/executions/${id}/cancel`, { reason: 'enough' });

  it('aborts running work, starts nothing afterwards, and runs finally', async () => {
    const gone = Promise.withResolvers<undefined>();
    answer = (_call, response) => response.once('close', () => gone.resolve(undefined));
    const workflow = await api.create(
      `${http('cancelled')}finally:\n  - {id: clean, type: set, config: {values: {status: "{{ execution.status }}"}}}\n`,
    );
    const id = await api.start(workflow);
    await eventually(() => expect(server.count('/cancelled')).toBe(1));
    const answered = await cancel(id);
    expect(answered.status).toBe(200);
    expect(answered.body).toMatchObject({ status: 'cancelled', cancel_reason: 'enough', error: { code: 'cancelled' } });
    expect(statuses(answered.body)).toEqual({ before: 'completed', call: 'cancelled', clean: 'completed' });
    await gone.promise;
  });

  it('ends a sleeping execution at once, its timer with it', async () => {
    const workflow = await api.create('name: naps\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const id = await api.start(workflow);
    await api.reaches(id, 'waiting');
    const answered = await cancel(id);
    expect(answered.body.status).toBe('cancelled');
    expect(statuses(answered.body)).toEqual({ nap: 'cancelled' });
    expect(await database.query('SELECT 1 FROM timer WHERE subject_id = $1', [id])).toEqual([]);
  });

  it('wakes a sleeping execution that has a finally', async () => {
    const workflow = await api.create(`
name: naps with finally
steps: [{id: nap, type: wait, config: {duration: 1h}}]
finally: [{id: clean, type: set, config: {values: {x: 1}}}]
`);
    const id = await api.start(workflow);
    await api.reaches(id, 'waiting');
    expect((await cancel(id)).status).toBe(200);
    const ended = await api.reaches(id, 'cancelled');
    expect(statuses(ended)).toEqual({ nap: 'cancelled', clean: 'completed' });
  });

  it('of a cancelled one changes nothing, of an ended one is 409', async () => {
    const ended = await api.run('name: ends\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    const answered = await cancel(ended.id);
    expect([answered.status, answered.body.code]).toEqual([409, 'execution_state']);
    expect((await cancel('01890000-0000-7000-8000-000000000000')).status).toBe(404);
    const workflow = await api.create('name: twice\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const id = await api.start(workflow);
    await api.reaches(id, 'waiting');
    expect([(await cancel(id)).status, (await cancel(id)).status]).toEqual([200, 200]);
  });
});
