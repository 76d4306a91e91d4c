import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { fireTimers } from '../support/pass-time.js';
import { postgresOverTcp } from '../support/postgres-over-tcp.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { createTestDatabase } from '../support/test-database.js';

/** What the polled URL answers, by path. */
const answers = new Map<string, { status?: number; body: unknown }>();
let polled: RecordingServer;
let app: TestApp;
let api: Api;
beforeAll(async () => {
  polled = await startRecordingServer(({ url }, response) => {
    const { status = 200, body } = answers.get(url) ?? { status: 404, body: { error: 'unknown' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  app = await startApp();
  api = app.api;
});

const STEPS = 'steps: [{id: a, type: set, config: {values: {got: "{{ input }}"}}}]';

/** Looks once an hour: the tests say when. */
async function deploy(
  name: string,
  config: string,
  more = '',
  on: Api = api,
): Promise<{ id: string; trigger: string; warnings: unknown[] }> {
  const id = await on.create(
    `name: ${name}\n${STEPS}\ntriggers: [{type: condition, config: {interval: 1h, ${config}}${more}}]`,
  );
  const { status, body } = await on.post(`/deployment/workflows/${id}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return { id, trigger: body.triggers[0].id as string, warnings: body.warnings as unknown[] };
}

const shown = async (trigger: string, on: Api = api): Promise<any> => (await on.get(`/triggers/${trigger}`)).body;
const ledger = async (trigger: string, on: Api = api): Promise<any[]> =>
  (await on.get(`/triggers/${trigger}/occurrences?limit=500`)).body.items;
const outcomes = async (trigger: string): Promise<string[]> =>
  (await ledger(trigger)).reverse().map(({ outcome, reason }) => reason?.code ?? outcome);

const evaluated = (trigger: string, than: string | null, on: Api = api): Promise<any> =>
  eventually(async () => {
    const { state } = await shown(trigger, on);
    expect(state.evaluated_at).not.toBeNull();
    expect(state.evaluated_at).not.toBe(than);
    return state;
  });

/** Makes it look now. @returns what it shows afterwards */
async function look(trigger: string): Promise<any> {
  const { state } = await shown(trigger);
  await fireTimers(app.db.database, trigger);
  return evaluated(trigger, state.evaluated_at as string | null);
}

const http = (path: string, more = ''): string => `http: {url: "${polled.url}${path}"${more}}`;

describe('a condition over http', () => {
  it('fires when it turns true, once, and again when it has been false between', async () => {
    answers.set('/stock', { body: { stock: 50 } });
    const { trigger } = await deploy('edge', `expression: "http.body.stock < 10", ${http('/stock')}`);
    expect(await evaluated(trigger, null)).toMatchObject({
      result: 'false',
      value: { http: { status_code: 200, body: { stock: 50 } } },
    });
    for (const stock of [5, 4, 20, 3]) {
      answers.set('/stock', { body: { stock } });
      await look(trigger);
    }
    const items = await ledger(trigger);
    expect(items.map(({ outcome, payload }) => [outcome, payload.http.body.stock])).toEqual([
      ['fired', 3],
      ['fired', 5],
    ]);
    const ended = await api.reaches(items[1].execution_id as string, 'completed');
    expect(ended).toMatchObject({
      trigger_type: 'condition',
      output: { got: { result: true, http: { body: { stock: 5 } } } },
    });
  });

  it('that cannot be evaluated is unknown, never true, shows in health, and is well again afterwards', async () => {
    answers.set('/flaky', { body: { n: 1 } });
    const { trigger } = await deploy('unknown', `expression: "http.body.n > 0", ${http('/flaky')}`);
    await evaluated(trigger, null);
    answers.set('/flaky', { status: 500, body: { error: 'n is away' } });
    const state = await look(trigger);
    expect(state).toMatchObject({ result: 'unknown', value: { http: { body: { n: 1 } } } });
    expect(state.error).toContain('n');
    await eventually(async () => {
      const { health } = await shown(trigger);
      expect(health).toMatchObject({ status: 'unhealthy', last_error: state.error });
      const all = (await api.get('/triggers/health')).body;
      expect(all.status).toBe('degraded');
      const { checks } = (await (await fetch(`${app.url}/health`)).json()) as any;
      expect(checks.triggers).toBe('degraded');
    });
    answers.set('/flaky', { body: { n: 1 } });
    expect(await look(trigger)).toMatchObject({ result: 'true', error: null });
    await eventually(async () => expect((await shown(trigger)).health).toMatchObject({ status: 'healthy' }));
    expect(await outcomes(trigger)).toEqual(['fired']);
  });

  it('may ask for the status: an answer that says no is one', async () => {
    answers.set('/site', { status: 503, body: {} });
    const { trigger } = await deploy('site', `expression: http.status_code >= 500, ${http('/site')}`);
    expect(await evaluated(trigger, null)).toMatchObject({ result: 'true' });
    expect(await outcomes(trigger)).toEqual(['fired']);
  });

  it('sends secrets, and shows them nowhere', async () => {
    await api.post('/secrets', { name: 'stock_token', value: 'quite-secret-token' });
    answers.set('/private', { body: { told: 'quite-secret-token' } });
    const { trigger } = await deploy(
      'secret',
      `expression: "has(http.body.told)", ${http('/private', ', headers: {authorization: "Bearer {{ secrets.stock_token }}"}')}`,
    );
    await evaluated(trigger, null);
    expect(polled.calls.find(({ url }) => url === '/private')?.headers.authorization).toBe('Bearer quite-secret-token');
    expect(JSON.stringify([await shown(trigger), await ledger(trigger)])).not.toContain('quite-secret-token');
    const missing = await deploy('no-secret', `expression: "true", ${http('/x{{ secrets.nowhere }}')}`);
    expect(await evaluated(missing.trigger, null)).toMatchObject({
      result: 'unknown',
      error: 'There is no secret "nowhere".',
    });
  });

  it('with level fires at each look, and with cooldown says of an edge that it came too soon', async () => {
    answers.set('/level', { body: true });
    const level = await deploy('level', `expression: http.body, mode: level, ${http('/level')}`);
    await evaluated(level.trigger, null);
    await look(level.trigger);
    expect(await outcomes(level.trigger)).toEqual(['fired', 'fired']);
    answers.set('/cool', { body: true });
    const cool = await deploy('cool', `expression: http.body, cooldown: 1h, ${http('/cool')}`);
    await evaluated(cool.trigger, null);
    for (const body of [false, true, true]) {
      answers.set('/cool', { body });
      await look(cool.trigger);
    }
    expect(await outcomes(cool.trigger)).toEqual(['fired', 'cooldown']);
  });

  it('with for fires when it has been true for so long, and looks again in time for that', async () => {
    answers.set('/for', { body: true });
    const { trigger } = await deploy('for', `expression: http.body, for: 2s, ${http('/for')}`);
    const [occurrence] = await eventually(async () => {
      const items = await ledger(trigger);
      expect(items).toHaveLength(1);
      return items;
    });
    const { true_since: since, evaluated_at: at } = occurrence.payload as { true_since: string; evaluated_at: string };
    expect(Date.parse(at) - Date.parse(since)).toBeGreaterThanOrEqual(2_000);
  });

  it('keeps its state over a redeploy, and starts anew when it asks something else', async () => {
    answers.set('/kept', { body: { n: 1 } });
    const { id, trigger } = await deploy('kept-state', `expression: http.body.n == 1, ${http('/kept')}`);
    await evaluated(trigger, null);
    await api.call('DELETE', `/deployment/workflows/${id}/undeploy`);
    await api.post(`/deployment/workflows/${id}/deploy`);
    await look(trigger);
    expect(await outcomes(trigger)).toEqual(['fired']);
    const { config } = await shown(trigger);
    await api.call('PUT', `/triggers/${trigger}`, { config: { ...config, expression: 'http.body.n < 2' } });
    await eventually(async () => expect(await outcomes(trigger)).toEqual(['fired', 'fired']));
  });

  it('of a paused trigger is looked at, and the ledger says why nothing starts', async () => {
    answers.set('/paused', { body: false });
    const { trigger } = await deploy('paused', `expression: http.body, ${http('/paused')}`);
    await evaluated(trigger, null);
    await api.post(`/triggers/${trigger}/pause`, { reason: 'holidays' });
    answers.set('/paused', { body: true });
    await look(trigger);
    await api.post(`/triggers/${trigger}/resume`);
    await look(trigger);
    const [only, ...others] = await ledger(trigger);
    expect(only).toMatchObject({ outcome: 'skipped', reason: { code: 'paused', detail: 'holidays' } });
    expect(others).toEqual([]);
  });
});

describe('a condition over sql', () => {
  it('asks a real database by its connection, and reads only', async () => {
    const shop = await createTestDatabase({ empty: true });
    await shop.database.query('CREATE TABLE invoice (paid boolean)');
    await api.post('/connections', {
      name: 'shop',
      type: 'database',
      config: { url: await postgresOverTcp(shop.url) },
    });
    const { trigger } = await deploy(
      'unpaid',
      `expression: "int(sql.rows[0].open) >= 1", sql: {connection: shop, query: "SELECT count(*) AS open FROM invoice WHERE paid = $1", params: [false]}`,
    );
    expect(await evaluated(trigger, null)).toMatchObject({ result: 'false', error: null });
    await shop.database.query('INSERT INTO invoice VALUES (false)');
    expect(await look(trigger)).toMatchObject({ result: 'true' });
    expect(await outcomes(trigger)).toEqual(['fired']);
    const writing = await deploy(
      'writing',
      `expression: "true", sql: {connection: shop, query: "INSERT INTO invoice VALUES (false) RETURNING paid"}`,
    );
    expect(await evaluated(writing.trigger, null)).toMatchObject({ result: 'unknown' });
    const gone = await deploy('gone', `expression: "true", sql: {connection: nowhere, query: "SELECT 1"}`);
    expect(gone.warnings).toMatchObject([{ code: 'connection_missing', trigger: 'condition' }]);
    expect((await evaluated(gone.trigger, null)).error).toContain('nowhere');
  });
});

describe('a condition over the metrics of the engine', () => {
  it('fires when too many executions have failed', async () => {
    const { trigger } = await deploy('failing', 'expression: metrics.failed >= 1, metrics: {window: 1h}');
    expect(await evaluated(trigger, null)).toMatchObject({ result: 'false' });
    const failing = await api.create('name: fails\nsteps: [{id: f, type: fail, config: {message: no}}]');
    await api.reaches(await api.start(failing), 'failed');
    const { value } = await look(trigger);
    expect(value.metrics).toMatchObject({ failed: 1, queued_executions: expect.any(Number) as unknown });
    expect(value.metrics['orchestrator_executions_total{status="failed"}']).toBe(1);
    expect(await outcomes(trigger)).toEqual(['fired']);
  });
});
