import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { GATE } from '../../src/engine/events/event-waits.js';
import { eventually } from '../support/eventually.js';
import { fireTimers } from '../support/pass-time.js';

let app: TestApp;
let api: Api;
beforeAll(async () => {
  app = await startApp();
  api = app.api;
});

let count = 0;
const event = (type: string, data: unknown = {}, more: object = {}) => ({
  specversion: '1.0',
  id: `e-${++count}`,
  source: '/shop',
  type,
  data,
  ...more,
});
const CLOUD = { 'content-type': 'application/cloudevents+json' };
const send = (body: unknown, headers: Record<string, string> = {}) => api.post('/events', body, headers);

const wait = (name: string, config: string, rest = ''): string => `
name: ${name}
steps:
  - {id: hold, type: wait_for_event, config: {${config}}}
  - {id: after, type: set, config: {values: {got: "{{ steps.hold.output }}"}}}
${rest}`;

async function waiting(yaml: string, input: unknown = {}): Promise<string> {
  const id = await api.start(await api.create(yaml), { input });
  await api.reaches(id, 'waiting');
  return id;
}

/** Nobody walks so deep. */
const DEEP = '['.repeat(5_000) + ']'.repeat(5_000);

describe('events', () => {
  it('are taken once by source and id, in each of the three modes', async () => {
    const one = event('mode.structured', { a: 1 });
    expect(await send(JSON.stringify(one), CLOUD)).toMatchObject({
      status: 202,
      body: { accepted: 1, duplicates: 0, ids: [one.id] },
    });
    const batch = [one, event('mode.batch'), event('mode.batch')];
    const sent = await send(JSON.stringify(batch), { 'content-type': 'application/cloudevents-batch+json' });
    expect(sent.body).toEqual({ accepted: 2, duplicates: 1, ids: batch.map(({ id }) => id) });
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'b-1', 'ce-source': '/shop', 'ce-type': 'mode.binary' };
    expect((await send('hello', { ...headers, 'content-type': 'text/plain' })).body).toMatchObject({ accepted: 1 });
    expect((await send('hello', { ...headers, 'content-type': 'text/plain' })).body).toMatchObject({ duplicates: 1 });
    const { items } = (await api.get('/events?type=mode.binary')).body;
    expect(items).toMatchObject([{ id: 'b-1', data: 'hello', datacontenttype: 'text/plain', execution_id: null }]);
  });

  it('are taken once by Idempotency-Key, whatever their ids; keys of different callers do not meet', async () => {
    const headers = { 'idempotency-key': 'one delivery' };
    const first = [event('keyed.a'), event('keyed.b')];
    const again = [event('keyed.a'), event('keyed.b')];
    expect((await send(first, headers)).body).toEqual({ accepted: 2, duplicates: 0, ids: first.map(({ id }) => id) });
    expect((await send(again, headers)).body).toEqual({ accepted: 0, duplicates: 2, ids: first.map(({ id }) => id) });
    const { key } = (await api.post('/api-keys', { name: 'sender', role: 'operator' })).body;
    const other = { ...headers, authorization: `Bearer ${key as string}` };
    expect((await send(again[0], other)).body).toMatchObject({ accepted: 1, duplicates: 0 });
    expect((await api.get('/events?type=keyed.*')).body.items).toHaveLength(3);
    const long = await send(again[1], { 'idempotency-key': 'x'.repeat(256) });
    expect(long).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
  });

  it('of calls at the same time with one Idempotency-Key, one counts', async () => {
    const calls = Array.from({ length: 5 }, () => event('keyed.race'));
    const answers = await Promise.all(calls.map((each) => send(each, { 'idempotency-key': 'race' })));
    expect(answers.map(({ body }) => body.accepted).sort()).toEqual([0, 0, 0, 0, 1]);
    expect(new Set(answers.flatMap(({ body }) => body.ids)).size).toBe(1);
    expect((await api.get('/events?type=keyed.race')).body.items).toHaveLength(1);
  });

  it('are listed by type and pattern, newest first, page by page', async () => {
    for (const name of ['x', 'y', 'z']) await send(event(`listed.${name}`));
    const first = (await api.get('/events?type=listed.*&limit=2')).body;
    expect(first.items.map(({ type }: { type: string }) => type)).toEqual(['listed.z', 'listed.y']);
    const next = (await api.get(`/events?type=listed.*&limit=2&cursor=${first.next_cursor}`)).body;
    expect(next).toMatchObject({ items: [{ type: 'listed.x' }], next_cursor: null });
  });

  it.each([
    [{ id: 'a' }, {}, 422, 'event_invalid'],
    [
      DEEP,
      { 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'd', 'ce-source': '/d', 'ce-type': 'd' },
      422,
      'event_invalid',
    ],
    [`{"specversion": "1.0", "id": "e", "source": "/d", "type": "d", "data": ${DEEP}}`, CLOUD, 422, 'event_invalid'],
    ['{"id":', CLOUD, 400, 'body_unreadable'],
    ['a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'media_type_unsupported'],
  ])('are refused as a whole: %j', async (body, headers, status, code) => {
    expect(await send(body, headers as Record<string, string>)).toMatchObject({ status, body: { code } });
  });
});

describe('a step that waits for an event', () => {
  it('goes on with the first that fits; match sees the event and the names of its execution', async () => {
    const yaml = wait(
      'match',
      'event: "order.*", match: "event.data.order == input.order && event.data.n > steps.a.output.n"',
    ).replace('steps:', 'steps:\n  - {id: a, type: set, config: {values: {n: 1}}}');
    const id = await waiting(yaml, { order: 7 });
    expect(step(await api.execution(id), 'hold').waiting).toMatchObject({ for: 'event', until: null });
    await send([
      event('order.paid', { order: 8, n: 5 }),
      event('order.paid', {}),
      event('order.paid', { order: 7, n: 1 }),
      event('other', { order: 7, n: 5 }),
    ]);
    const right = event('order.shipped', { order: 7, n: 2 });
    await send(right);
    expect((await api.reaches(id, 'completed')).output.got).toMatchObject(right);
    await eventually(async () => expect(await app.db.database.query('SELECT * FROM event_wait')).toEqual([]));
  });

  it('sees what came before it within its lookback, and nothing older', async () => {
    const early = event('early.bird');
    await send(early);
    const blind = await waiting(wait('blind', 'event: early.bird'));
    const seeing = await api.start(await api.create(wait('seeing', 'event: "early.*", lookback: 10m')));
    expect((await api.reaches(seeing, 'completed')).output.got).toMatchObject({ id: early.id });
    expect((await api.execution(blind)).status).toBe('waiting');
  });

  it('misses nothing that arrives while it begins to wait', async () => {
    const workflow = await api.create(wait('racing', 'event: race, match: "event.data.key == input.key"'));
    const keys = Array.from({ length: 40 }, (_, index) => index);
    const ids = await Promise.all(
      keys.map(async (key) => {
        const id = await api.start(workflow, { input: { key } });
        // From the start of the step on every event counts: send until it has one.
        await eventually(async () => expect((await api.execution(id)).step_executions).not.toEqual([]));
        await send(event('race', { key }));
        return id;
      }),
    );
    for (const id of ids) await api.reaches(id, 'completed');
  });

  it('hears of an event that is delivered while its wait is not committed yet', async () => {
    const id = await waiting(wait('gate', 'event: gate'));
    const { database } = app.db;
    const timers = () => database.query(`SELECT 1 FROM timer WHERE kind = 'event.deliver'`);
    await eventually(async () => expect(await timers()).toEqual([]));
    const [row] = await database.query('DELETE FROM event_wait WHERE execution_id = $1 RETURNING *', [id]);
    // What its checkpoint does: through the gate, then the wait, then the commit.
    await database.transaction(async (client) => {
      await client.query(`SELECT pg_advisory_xact_lock_shared(${GATE})`);
      await client.query('INSERT INTO event_wait SELECT * FROM json_populate_record(NULL::event_wait, $1)', [row]);
      await send(event('gate'));
      await eventually(async () =>
        expect(
          await database.query(
            `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${GATE}`,
          ),
        ).not.toEqual([]),
      );
    });
    await api.reaches(id, 'completed');
  });

  it('is answered once, by one event, though many fit at the same moment', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => waiting(wait(`many ${++count}`, 'event: crowd'))));
    await Promise.all(Array.from({ length: 10 }, () => send(event('crowd'))));
    for (const id of ids) expect((await api.reaches(id, 'completed')).output.got.type).toBe('crowd');
  });

  it('fails with the code timeout when nothing fits in time', async () => {
    const id = await waiting(wait('late', 'event: never, timeout: 1h'));
    await app.db.database.query('UPDATE step_execution SET wait_until = now() WHERE execution_id = $1', [id]);
    await fireTimers(app.db.database, id);
    const failed = await api.reaches(id, 'failed');
    expect(failed.error).toMatchObject({ code: 'timeout', step_path: 'hold' });
    expect(statuses(failed)['hold']).toBe('timed_out');
  });

  it('waits no more when its execution is cancelled', async () => {
    const id = await waiting(wait('cancelled', 'event: gone'));
    await api.post(`/executions/${id}/cancel`);
    expect(await app.db.database.query('SELECT * FROM event_wait WHERE execution_id = $1', [id])).toEqual([]);
  });

  it('hears of an event that came while no server ran', async () => {
    const first = await startApp({ ROLES: 'api,worker' });
    const id = await first.api.start(await first.api.create(wait('down', 'event: meanwhile')));
    await first.api.reaches(id, 'waiting');
    await first.api.post('/events', event('meanwhile'));
    await first.close();
    const second = await startApp({}, first.db);
    await second.api.reaches(id, 'completed');
  });
});

describe('a step that waits for a call', () => {
  const call = (url: string, body: string, headers = { 'content-type': 'application/json' }) =>
    fetch(app.url + new URL(url).pathname, { method: 'POST', body, headers });

  it('shows its address, and ends with the body of the first call', async () => {
    const id = await waiting(wait('callback', 'callback: true'));
    const shown = step(await api.execution(id), 'hold').waiting as any;
    expect(shown.url).toBe(`http://localhost:8003/api/v1/public/callbacks/${shown.token}`);
    expect((await call(shown.url, '{"paid": true}')).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output).toEqual({ got: { paid: true } });
    const second = await call(shown.url, '{}');
    expect([second.status, ((await second.json()) as any).code]).toEqual([409, 'callback_used']);
  });

  it('refuses an altered address, a body that is too large, and what is no JSON', async () => {
    const id = await waiting(wait('guarded', 'callback: true'));
    const { url, token } = step(await api.execution(id), 'hold').waiting as unknown as { url: string; token: string };
    for (const index of [0, 30, token.length - 1]) {
      const altered = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
      expect((await call(`http://x/api/v1/public/callbacks/${altered}`, '{}')).status).toBe(403);
    }
    expect((await call(`${url}A`, '{}')).status).toBe(403);
    expect((await call(url, DEEP)).status).toBe(422);
    expect((await call(url, JSON.stringify('x'.repeat(1024 * 1024)))).status).toBe(413);
    expect((await call(url, 'a=1', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await call(url, '[1, 2]')).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output).toEqual({ got: [1, 2] });
  });
});

describe('a step that emits', () => {
  it('emits once, with its idempotency key as the id, also when it runs again', async () => {
    const id = await api.start(
      await api.create(`
name: emits
steps:
  - {id: tell, type: emit, config: {type: emitted, data: {n: "{{ input.n }}"}}}
`),
      { input: { n: 3 } },
    );
    const ended = await api.reaches(id, 'completed');
    const source = `/workflows/${ended.workflow_id}`;
    expect(ended.output).toEqual({ id: `${id}:tell`, type: 'emitted', source });
    const list = async () => (await api.get('/events?type=emitted')).body.items;
    expect(await list()).toMatchObject([
      { id: `${id}:tell`, source, data: { n: 3 }, execution_id: id, millracedepth: 1 },
    ]);
    await api.post(`/executions/${id}/retry`, { from_step: 'tell' });
    await eventually(async () => expect((await api.execution(id)).attempt).toBe(2));
    await api.reaches(id, 'completed');
    expect(await list()).toHaveLength(1);
  });
});
