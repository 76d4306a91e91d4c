import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
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
  id: `t-${++count}`,
  source: '/shop',
  type,
  data,
  ...more,
});
const send = (body: unknown, to = api) => to.post('/events', body);

async function deploy(
  name: string,
  trigger: string,
  steps = '{id: a, type: set, config: {values: {got: "{{ input }}"}}}',
  to = api,
) {
  const id = await to.create(`name: ${name}\nsteps: [${steps}]\ntriggers: [{type: event, ${trigger}}]`);
  const { status, body } = await to.post(`/deployment/workflows/${id}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return { id, trigger: body.triggers[0].id as string };
}

const ledger = async (trigger: string): Promise<any[]> =>
  (await api.get(`/triggers/${trigger}/occurrences`)).body.items;

/** Oldest first, when there are as many as that. */
const occurrences = (trigger: string, many: number) =>
  eventually(async () => {
    const items = await ledger(trigger);
    expect(items).toHaveLength(many);
    return items.reverse();
  });

describe('an event trigger', () => {
  it('starts with the events of its types and source; their data are the input', async () => {
    const { trigger } = await deploy('plain', 'config: {types: ["order.*", stock], source: "/sh*"}');
    await send([
      event('order.paid', { n: 1 }),
      event('orders.paid'),
      event('stock', { n: 2 }),
      event('order.x', {}, { source: '/other' }),
    ]);
    const fired = await occurrences(trigger, 2);
    expect(fired).toMatchObject([
      { outcome: 'fired', payload: { type: 'order.paid' } },
      { outcome: 'fired', payload: { type: 'stock' } },
    ]);
    const ended = await api.reaches(fired[1].execution_id, 'completed');
    expect(ended).toMatchObject({ trigger_type: 'event', output: { got: { n: 2 } } });
  });

  it('starts nothing twice for an event that is sent twice, and says what its filter refused', async () => {
    const { trigger } = await deploy('filtered', 'filter: trigger.payload.data.n > 1, config: {types: [filtered]}');
    const right = event('filtered', { n: 2 });
    await send([event('filtered', { n: 1 }), right, right]);
    await send(right);
    const items = await occurrences(trigger, 2);
    expect(items.map(({ outcome, reason }) => [outcome, reason?.code])).toEqual([
      ['filtered', 'filter'],
      ['fired', undefined],
    ]);
  });

  it('fires events that come before the server is up again, and each once, whichever replica delivers', async () => {
    const first = await startApp({ ROLES: 'api' });
    const { trigger } = await deploy('later', 'config: {types: [later]}', undefined, first.api);
    await send(
      Array.from({ length: 250 }, () => event('later')),
      first.api,
    );
    await first.close();
    const replicas = [await startApp({}, first.db), await startApp({}, first.db)];
    await eventually(async () => {
      const { body } = await replicas[0]!.api.get(`/triggers/${trigger}/occurrences?limit=500`);
      expect(body.items).toHaveLength(250);
      expect(new Set(body.items.map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['fired']));
    });
  });

  it('with debounce fires the last event, and names it to those before', async () => {
    const { trigger } = await deploy('calm', 'config: {types: [calm], debounce: 1h}');
    const events = [event('calm', { n: 1 }), event('calm', { n: 2 }), event('calm', { n: 3 })];
    for (const one of events) await send(one);
    const displaced = await occurrences(trigger, 2);
    expect(displaced.map(({ outcome, reason, payload }) => [outcome, reason.code, payload.data.n])).toEqual([
      ['skipped', 'debounced', 1],
      ['skipped', 'debounced', 2],
    ]);
    await eventually(async () => expect((await api.get(`/triggers/${trigger}`)).body.next_due).not.toBeNull());
    await fireTimers(app.db.database, trigger);
    expect((await occurrences(trigger, 3))[2]).toMatchObject({ outcome: 'fired', payload: { data: { n: 3 } } });
  });

  it('with batch gathers events that its filter lets through, until there are enough or the time is up', async () => {
    const { trigger } = await deploy(
      'batched',
      'filter: "trigger.payload.data.n > 0", config: {types: [batched], batch: {max: 3, within: 1h}}',
    );
    await send([1, 0, 2, 3, 4].map((n) => event('batched', { n })));
    const [refused, full] = await occurrences(trigger, 2);
    expect(refused).toMatchObject({ outcome: 'filtered' });
    const { output } = await api.reaches(full.execution_id, 'completed');
    expect(output.got.events.map((one: any) => one.data.n)).toEqual([1, 2, 3]);
    await fireTimers(app.db.database, trigger);
    const rest = (await occurrences(trigger, 3))[2];
    expect(rest).toMatchObject({ outcome: 'fired', payload: { events: [{ data: { n: 4 } }] } });
  });

  it('that is undeployed keeps what it has gathered, and fires it when it is in force again', async () => {
    const { id, trigger } = await deploy('kept', 'config: {types: [kept], debounce: 1h}');
    await send(event('kept', { n: 1 }));
    await eventually(async () => expect((await api.get(`/triggers/${trigger}`)).body.next_due).not.toBeNull());
    await api.call('DELETE', `/deployment/workflows/${id}/undeploy`);
    await send(event('kept', { n: 2 }));
    await api.post(`/deployment/workflows/${id}/deploy`);
    expect(await occurrences(trigger, 1)).toMatchObject([{ outcome: 'fired', payload: { data: { n: 1 } } }]);
  });

  it('follows another workflow by the events of the engine, which are made only where somebody listens', async () => {
    const failing = await api.create(
      'name: failing\nsteps: [{id: f, type: fail, config: {message: no, code: no_luck}}]',
    );
    await api.reaches(await api.start(failing), 'failed');
    expect((await api.get('/events?type=millrace.*')).body.items).toEqual([]);
    const { id, trigger } = await deploy(
      'follower',
      'config: {types: [millrace.execution.failed, millrace.execution.cancelled]}',
    );
    const failed = await api.start(failing);
    await api.reaches(failed, 'failed');
    const [fired] = await occurrences(trigger, 1);
    expect((await api.reaches(fired.execution_id, 'completed')).output.got).toMatchObject({
      execution_id: failed,
      workflow_id: failing,
      status: 'failed',
      error: { code: 'no_luck' },
    });
    const napping = await api.start(
      await api.create('name: nap\nsteps: [{id: n, type: wait, config: {duration: 1h}}]'),
    );
    await api.reaches(napping, 'waiting');
    await api.post(`/executions/${napping}/cancel`);
    expect((await occurrences(trigger, 2))[1]).toMatchObject({
      payload: { type: 'millrace.execution.cancelled', subject: napping },
    });
    await api.call('DELETE', `/deployment/workflows/${id}/undeploy`);
    const before = (await api.get('/events?type=millrace.*')).body.items.length;
    await api.reaches(await api.start(failing), 'failed');
    expect((await api.get('/events?type=millrace.*')).body.items).toHaveLength(before);
  });

  it('ends a chain of executions that start each other after ten, and says so', async () => {
    const { trigger } = await deploy(
      'chain',
      'config: {types: [chain]}',
      '{id: again, type: emit, config: {type: chain}}',
    );
    await send(event('chain'));
    const items = await occurrences(trigger, 12);
    expect(items.slice(0, 11).every(({ outcome }) => outcome === 'fired')).toBe(true);
    expect(items[11]).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'chain_depth' },
      payload: { millracedepth: 11 },
    });
  });
});
