import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { newId } from '../../src/common/ids.js';
import { Places } from '../../src/engine/concurrency/places.service.js';
import { PlacesChore } from '../../src/engine/concurrency/places-chore.js';
import { Reaper } from '../../src/engine/maintenance/reaper.js';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let first: TestApp;
let second: TestApp;
let api: Api;
let server: RecordingServer;
/** Calls that are held, by the last part of their path; `open` answers every call at once. */
let held: { name: string; finish: () => void }[] = [];
let open = false;

beforeAll(async () => {
  first = await startApp();
  second = await startApp({}, first.db);
  api = first.api;
  server = await startRecordingServer((call, response) => {
    const finish = (): void => void response.end('{}');
    if (open) finish();
    else held.push({ name: call.url.split('/').at(-1) ?? '', finish });
  });
});

beforeEach(() => {
  held = [];
  open = false;
});

const holding = (name: string, rule: string, more = ''): string => `
name: ${name}
concurrency: ${rule}
steps:
  - {id: hold, type: http, config: {method: POST, url: "${server.url}/${name}/{{ input.n }}"}}
${more}`;

const names = (): string[] => held.map((call) => call.name);

function release(name: string): void {
  const [call] = held.splice(
    held.findIndex((one) => one.name === name),
    1,
  );
  call?.finish();
}

const status = async (id: string): Promise<string> => (await api.execution(id)).status;
const begin = (workflow: string, n: string, more = {}): Promise<string> =>
  api.start(workflow, { input: { n }, ...more });

describe('on_limit: queue', () => {
  it('lets as many run as the limit says, on all replicas together; the next starts when one ends', async () => {
    const workflow = await api.create(holding('queue', '{limit: 2}'));
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push(await (n % 2 ? second.api : api).start(workflow, { input: { n: String(n) } }));
    for (let left = 6; left > 0; left--) {
      await eventually(() => expect(held).toHaveLength(Math.min(2, left)));
      const statuses = await Promise.all(ids.map(status));
      // One that was let go a moment ago may still be about to end; a third never runs.
      expect(statuses.filter((one) => one === 'running').length).toBeLessThanOrEqual(2);
      release(names()[0] ?? '');
    }
    for (const id of ids) await api.reaches(id, 'completed');
    expect(server.calls.filter((call) => call.url.startsWith('/queue/'))).toHaveLength(6);
  });

  it('takes the next by priority, then age', async () => {
    const workflow = await api.create(holding('order', '{limit: 1}'));
    await begin(workflow, 'a');
    await eventually(() => expect(names()).toEqual(['a']));
    const order: string[] = [];
    await begin(workflow, 'late');
    await begin(workflow, 'last', { priority: 1 });
    await begin(workflow, 'soon', { priority: 9 });
    await begin(workflow, 'later');
    for (let n = 0; n < 5; n++) {
      await eventually(() => expect(held).toHaveLength(1));
      order.push(...names());
      release(names()[0] ?? '');
    }
    expect(order).toEqual(['a', 'soon', 'late', 'later', 'last']);
  });

  it('nobody claims an execution without a place, whatever the queue hands out', async () => {
    const workflow = await api.create(holding('guard', '{limit: 1}'));
    const running = await begin(workflow, 'a');
    const waits = await begin(workflow, 'b');
    await eventually(() => expect(names()).toEqual(['a']));
    const queue = first.app.get(ExecutionQueue);
    await queue.addNow([{ executionId: waits, epoch: 0, priority: 5 }]);
    await eventually(async () => {
      expect((await queue.counts()).waiting).toBe(0);
      expect(await queue.taken()).not.toContain(waits);
    });
    expect(await status(waits)).toBe('queued');
    release('a');
    await api.reaches(running, 'completed');
    await eventually(() => expect(names()).toEqual(['b']));
    release('b');
    await api.reaches(waits, 'completed');
  });

  it('counts each key of each workflow for itself', async () => {
    const rule = '{key: "{{ input.user }}", limit: 1}';
    const one = await api.create(holding('keys', rule));
    const other = await api.create(holding('keys2', rule));
    await begin(one, 'ann1', { input: { n: 'ann1', user: 'ann' } });
    await eventually(() => expect(names()).toEqual(['ann1']));
    const waits = await begin(one, 'ann2', { input: { n: 'ann2', user: 'ann' } });
    await begin(one, 'bob', { input: { n: 'bob', user: 'bob' } });
    await begin(other, 'ann3', { input: { n: 'ann3', user: 'ann' } });
    await eventually(() => expect(names().sort()).toEqual(['ann1', 'ann3', 'bob']));
    expect(await status(waits)).toBe('queued');
    open = true;
    for (const name of names()) release(name);
    await api.reaches(waits, 'completed');
  });

  it('an execution that waits or is paused keeps its place; one that is cancelled gives it up', async () => {
    const later = '  - {id: sleep, type: wait, config: {duration: 1h}}';
    const workflow = await api.create(holding('keeps', '{limit: 1}', later));
    const sleeper = await begin(workflow, 'a');
    await eventually(() => expect(held).toHaveLength(1));
    release('a');
    await api.reaches(sleeper, 'waiting');
    const next = await begin(workflow, 'b');
    await first.app.get(PlacesChore).tick();
    expect(await status(next)).toBe('queued');
    await api.post(`/executions/${sleeper}/pause`);
    await first.app.get(PlacesChore).tick();
    expect(await status(next)).toBe('queued');
    await api.post(`/executions/${sleeper}/cancel`);
    await api.reaches(next, 'running');
    await api.post(`/executions/${next}/cancel`);
  });

  it('one that is paused before it has a place is passed by, and waits again when it is resumed', async () => {
    const workflow = await api.create(holding('passed', '{limit: 1}'));
    await begin(workflow, 'a');
    const paused = await begin(workflow, 'b');
    await begin(workflow, 'c');
    await eventually(() => expect(names()).toEqual(['a']));
    await api.post(`/executions/${paused}/pause`);
    release('a');
    await eventually(() => expect(names()).toEqual(['c']));
    await api.post(`/executions/${paused}/resume`);
    expect(await status(paused)).toBe('queued');
    release('c');
    await eventually(() => expect(names()).toEqual(['b']));
    release('b');
    await api.reaches(paused, 'completed');
  });

  it('a retry waits for a place as well', async () => {
    const workflow = await api.create(holding('retried', '{limit: 1}'));
    const again = await begin(workflow, 'a');
    await eventually(() => expect(names()).toEqual(['a']));
    await api.post(`/executions/${again}/cancel`);
    await api.reaches(again, 'cancelled');
    held = [];
    await begin(workflow, 'b');
    await eventually(() => expect(names()).toEqual(['b']));
    expect((await api.post(`/executions/${again}/retry`)).status).toBeLessThan(300);
    const anew = await api.post(`/executions/${again}/retry`, { input: { n: 'c' } });
    expect(anew.status, JSON.stringify(anew.body)).toBe(409);
    await first.app.get(PlacesChore).tick();
    expect(await status(again)).toBe('queued');
    release('b');
    await eventually(() => expect(names()).toEqual(['a']));
    release('a');
    await api.reaches(again, 'completed');
  });
});

describe('after a crash', () => {
  it('the place of an execution goes on with it, and is free when it has ended', async () => {
    const workflow = await api.create(holding('crash', '{limit: 1}'));
    const cut = await begin(workflow, 'a');
    const next = await begin(workflow, 'b');
    await eventually(() => expect(names()).toEqual(['a']));
    await first.db.database.query('UPDATE execution SET owner = $2 WHERE id = $1', [cut, newId()]);
    await first.db.database.query(
      `INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
       SELECT owner, 'gone', 1, 'x', '{worker}'::text[], now() - interval '1 second' FROM execution WHERE id = $1`,
      [cut],
    );
    await first.app.get(Reaper).reap();
    await eventually(() => expect(server.count('/crash/a')).toBe(2));
    await first.app.get(PlacesChore).tick();
    expect(await status(next)).toBe('queued');
    open = true;
    for (const name of names()) release(name);
    await api.reaches(cut, 'completed');
    await api.reaches(next, 'completed');
    expect(server.count('/crash/b')).toBe(1);
  });

  it('the chore gives the places that were forgotten', async () => {
    const workflow = await api.create(holding('forgotten', '{limit: 1}'));
    open = true;
    const places = [first, second].map((app) => app.app.get(Places));
    const gives = places.map((one) => one.give.bind(one));
    for (const one of places) one.give = () => undefined;
    const ids = await Promise.all(['a', 'b', 'c'].map((n) => begin(workflow, n)));
    expect(await Promise.all(ids.map(status))).toEqual(['queued', 'queued', 'queued']);
    places.forEach((one, index) => (one.give = gives[index] as Places['give']));
    for (const id of ids) await api.reaches(id, 'completed');
  });
});

describe('on_limit: skip', () => {
  it('answers 409 and takes no idempotency key', async () => {
    const workflow = await api.create(holding('skip', '{limit: 1, on_limit: skip}'));
    const id = await begin(workflow, 'a');
    await eventually(() => expect(names()).toEqual(['a']));
    const key = { 'idempotency-key': 'mine' };
    const refused = await second.api.post(`/workflows/${workflow}/execute`, { input: { n: 'b' } }, key);
    expect([refused.status, refused.body.code]).toEqual([409, 'concurrency_limit']);
    release('a');
    await api.reaches(id, 'completed');
    open = true;
    const taken = await api.post(`/workflows/${workflow}/execute`, { input: { n: 'b' } }, key);
    expect(taken.body).toMatchObject({ duplicate: false });
    await api.reaches(taken.body.id, 'completed');
  });

  it('lets one of many that come at once through, on two replicas', async () => {
    const workflow = await api.create(holding('race', '{limit: 1, on_limit: skip}'));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? second.api : api).post(`/workflows/${workflow}/execute`, { input: { n: 'x' } }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(19);
    await eventually(() => expect(names()).toEqual(['x']));
    release('x');
  });

  it('keeps the occurrence of a trigger as skipped, with its reason', async () => {
    const trigger = 'triggers: [{type: webhook, config: {path: /limited, method: POST, auth: {type: none}}}]';
    const workflow = await api.create(holding('hook', '{limit: 1, on_limit: skip}', trigger));
    const deployed = await api.post(`/deployment/workflows/${workflow}/deploy`);
    const [{ id: triggerId }] = deployed.body.triggers;
    expect((await api.call('POST', '/webhook/limited', { n: 'a' })).status).toBe(202);
    await eventually(() => expect(names()).toEqual(['a']));
    const refused = await api.call('POST', '/webhook/limited', { n: 'b' });
    expect([refused.status, refused.body.code]).toEqual([409, 'concurrency_limit']);
    const { body } = await api.get(`/triggers/${triggerId}/occurrences?outcome=skipped`);
    expect(body.items).toMatchObject([{ outcome: 'skipped', reason: { code: 'concurrency' }, execution_id: null }]);
    release('a');
  });
});

describe('on_limit: fail', () => {
  it('records an execution that has failed with concurrency_limit', async () => {
    const workflow = await api.create(holding('fail', '{limit: 1, on_limit: fail}'));
    await begin(workflow, 'a');
    await eventually(() => expect(names()).toEqual(['a']));
    const refused = await api.post(`/workflows/${workflow}/execute`, { input: { n: 'b' } });
    expect([refused.status, refused.body.status]).toEqual([202, 'failed']);
    const execution = await api.execution(refused.body.id);
    expect(execution).toMatchObject({ status: 'failed', error: { code: 'concurrency_limit' }, step_executions: [] });
    const waited = await api.post(`/workflows/${workflow}/execute`, { input: { n: 'c' }, wait: true });
    expect([waited.status, waited.body.error.code]).toEqual([200, 'concurrency_limit']);
    release('a');
  });
});

describe('on_limit: cancel_running', () => {
  it('cancels the older one, and starts the new one when that has ended', async () => {
    const workflow = await api.create(holding('newest', '{limit: 1, on_limit: cancel_running}'));
    const older = await begin(workflow, 'a');
    await eventually(() => expect(names()).toEqual(['a']));
    const newer = await second.api.start(workflow, { input: { n: 'b' } });
    await api.reaches(older, 'cancelled');
    await eventually(() => expect(names()).toContain('b'));
    release('b');
    await api.reaches(newer, 'completed');
  });

  it('leaves the newest of many that come at once', async () => {
    const workflow = await api.create(holding('newest2', '{limit: 1, on_limit: cancel_running}'));
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, n) => (n % 2 ? second.api : api).start(workflow, { input: { n: 'x' } })),
    );
    open = true;
    const last = ids.toSorted().at(-1) ?? '';
    await eventually(async () => {
      for (const { finish } of held) finish();
      const ends = await Promise.all(ids.map(status));
      expect(ends.every((end) => end === 'cancelled' || end === 'completed')).toBe(true);
    });
    expect(await status(last)).toBe('completed');
  });
});

describe('a key that cannot be had', () => {
  it('is refused before anything is recorded', async () => {
    const workflow = await api.create(holding('nokey', '{key: "{{ input.user }}", limit: 1}'));
    const refused = await api.post(`/workflows/${workflow}/execute`, { input: { n: 'a' } });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toMatchObject([{ path: 'concurrency.key', code: 'expression_failed' }]);
  });
});

describe('MAX_CONCURRENT', () => {
  it('holds on all replicas together', async () => {
    const one = await startApp({ MAX_CONCURRENT: '1' });
    const other = await startApp({ MAX_CONCURRENT: '1' }, one.db);
    const workflow = await one.api.create(
      `name: most\nsteps: [{id: hold, type: http, config: {method: POST, url: "${server.url}/most/{{ input.n }}"}}]`,
    );
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((n, index) => (index % 2 ? one : other).api.start(workflow, { input: { n } })),
    );
    for (const _ of ids) {
      await eventually(() => expect(held).toHaveLength(1));
      const statuses = await Promise.all(ids.map(async (id) => (await one.api.execution(id)).status));
      expect(statuses.filter((status) => status === 'running')).toHaveLength(1);
      release(names()[0] ?? '');
    }
    for (const id of ids) await one.api.reaches(id, 'completed');
  });
});
