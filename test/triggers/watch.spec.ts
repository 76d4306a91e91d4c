import { beforeAll, expect, it } from 'vitest';
import { TriggerWatch } from '../../src/triggers/trigger-watch.js';
import type { Api } from '../support/api.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { fireTimers } from '../support/pass-time.js';

let app: TestApp;
let api: Api;
beforeAll(async () => {
  app = await startApp();
  api = app.api;
});

async function deployed(name: string, type: string, config: object, more = ''): Promise<string> {
  const id = await api.create(
    `name: ${name}\n${more}steps: [{id: a, type: log, config: {message: hi}}]\n` +
      `triggers: [{type: ${type}, config: ${JSON.stringify(config)}}]`,
  );
  const { status, body } = await api.post(`/deployment/workflows/${id}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.triggers[0].id as string;
}
const health = async (trigger: string): Promise<any> => (await api.get(`/triggers/${trigger}/health`)).body;
const timersOf = (trigger: string): Promise<{ due_at: Date }[]> =>
  app.db.database.query(`SELECT due_at FROM timer WHERE subject_id = $1`, [trigger]);

it('a webhook whose secret is missing is down, refuses all the time, and is well as soon as the secret is there', async () => {
  const auth = { type: 'bearer', token: '{{ secrets.late_token }}' };
  const trigger = await deployed('late secret', 'webhook', { path: '/late', auth });
  const send = async (): Promise<number> => {
    const headers = { authorization: 'Bearer come-late' };
    return (await fetch(`${app.url}/webhook/late`, { method: 'POST', headers })).status;
  };
  await eventually(async () => {
    const seen = await health(trigger);
    expect(seen).toMatchObject({ status: 'unhealthy', last_error: 'the secret late_token is missing' });
    expect(seen.restarts).toBeGreaterThanOrEqual(2);
  });
  expect(await send()).toBe(401);
  const { checks } = (await (await fetch(`${app.url}/health`)).json()) as any;
  expect(checks.triggers).toBe('degraded');
  await app.app.get(TriggerWatch).sweep();
  const metrics = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  expect(await metrics.text()).toMatch(/orchestrator_triggers_down 1/);
  await api.post('/secrets', { name: 'late_token', value: 'come-late' });
  await eventually(async () => expect(await health(trigger)).toMatchObject({ status: 'healthy', last_error: null }));
  expect(await send()).toBe(202);
});

it('a schedule whose timer cannot be followed is down, is tried again with back-off, and says so', async () => {
  const trigger = await deployed('broken', 'cron', { cron: '0 0 1 1 *' });
  const [{ payload }] = await app.db.database.query<any>(`SELECT payload FROM timer WHERE subject_id = $1`, [trigger]);
  await app.db.database.query(`UPDATE timer SET payload = NULL WHERE subject_id = $1`, [trigger]);
  await fireTimers(app.db.database, trigger);
  const first = await eventually(async () => {
    const seen = await health(trigger);
    expect(seen).toMatchObject({ status: 'unhealthy', last_error: expect.any(String) as string });
    expect(seen.restarts).toBeGreaterThanOrEqual(1);
    return seen;
  });
  expect(first.next_due).not.toBeNull();
  await app.db.database.query(`UPDATE timer SET payload = $2 WHERE subject_id = $1`, [
    trigger,
    JSON.stringify(payload),
  ]);
  await fireTimers(app.db.database, trigger);
  await eventually(async () => expect(await health(trigger)).toMatchObject({ status: 'healthy', last_error: null }));
});

it.each([
  ['cron', { cron: '0 0 1 1 *' }, 1],
  ['condition', { expression: 'metrics.failed > 1000000', metrics: true, interval: '1h' }, 1],
  ['webhook', {}, 0],
  ['manual', {}, 0],
] as const)('a %s trigger that has lost its timer is armed again, if it needs one', async (type, config, restarts) => {
  const trigger = await deployed(`lost ${type}`, type, config);
  await app.db.database.query(`DELETE FROM timer WHERE subject_id = $1`, [trigger]);
  await eventually(async () => {
    await app.app.get(TriggerWatch).sweep();
    expect(await timersOf(trigger)).toHaveLength(restarts);
    expect(await health(trigger)).toMatchObject({ restarts, status: 'healthy' });
  });
  await app.app.get(TriggerWatch).sweep();
  expect(await health(trigger)).toMatchObject({ restarts });
});

it.each<[string, object, (trigger: string) => Promise<unknown>]>([
  ['cron', { cron: '0 0 1 1 *' }, (trigger) => fireTimers(app.db.database, trigger)],
  [
    'webhook',
    { path: '/looked', auth: { type: 'bearer', token: 't' } },
    () => fetch(`${app.url}/webhook/looked`, { method: 'POST' }),
  ],
  ['manual', {}, async () => api.post('/triggers/workflows/looked-manual/manual')],
  [
    'event',
    { types: ['looked'] },
    () => api.post('/events', { specversion: '1.0', id: 'a', source: '/t', type: 'looked' }),
  ],
  ['condition', { expression: 'metrics.failed > 1000000', metrics: true, interval: '1h' }, () => Promise.resolve()],
])('a %s trigger says when it last looked, whatever came of it', async (type, config, show) => {
  const before = Date.now();
  const trigger = await deployed(`looked ${type}`, type, config);
  await show(trigger);
  await eventually(async () => {
    const { last_looked: at } = await health(trigger);
    expect(Date.parse(at as string)).toBeGreaterThanOrEqual(before);
  });
});

it('a schedule that has ended is left alone', async () => {
  const id = await api.create(
    `name: over\nsteps: [{id: a, type: log, config: {message: hi}}]\n` +
      `triggers: [{type: cron, config: {cron: "0 0 1 1 *"}, end_at: "2020-01-01T00:00:00Z"}]`,
  );
  const { body } = await api.post(`/deployment/workflows/${id}/deploy`);
  const trigger = body.triggers[0].id as string;
  await app.app.get(TriggerWatch).sweep();
  expect(await timersOf(trigger)).toEqual([]);
  expect(await health(trigger)).toMatchObject({ restarts: 0, status: 'healthy' });
});

it.each([
  ['retention: 400d\n', 399],
  ['retention: 1h\n', 1],
])('the keys of instants hold as long as the history (%j), RETENTION at least', async (more, days) => {
  const trigger = await deployed(`keys ${days}`, 'cron', { cron: '0 0 1 1 *' }, more);
  await api.post(`/triggers/${trigger}/backfill`, { from: '2020-12-01T00:00:00Z', to: '2021-02-01T00:00:00Z' });
  const [key] = await eventually(async () => {
    const rows = await app.db.database.query<{ days: number }>(
      `SELECT extract(epoch FROM expires_at - now())::float8 / 86400 AS days FROM occurrence_key WHERE trigger_id = $1`,
      [trigger],
    );
    expect(rows).toHaveLength(1);
    return rows;
  });
  expect(key?.days).toBeGreaterThan(days);
});
