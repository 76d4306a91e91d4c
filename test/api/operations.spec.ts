import { beforeAll, describe, expect, it } from 'vitest';
import { HealthProbes } from '../../src/common/health/health-probes.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { type ApiApp, startApiApp } from '../support/api-app.js';

let api: ApiApp;
beforeAll(async () => {
  api = await startApiApp();
});

describe('health', () => {
  it('names every part and the counts, without a key', async () => {
    const { status, body } = await api.call('GET', '/health', { key: null });
    expect(status).toBe(200);
    expect(Object.keys(body.checks as object).sort()).toEqual([
      'database',
      'executor',
      'memory',
      'queue',
      'scheduler',
      'triggers',
    ]);
    expect(body.checks).toMatchObject({ database: 'ok', queue: 'ok', triggers: 'ok', memory: 'ok' });
    expect(body.stats).toEqual({ active_executions: 0, queued_executions: 0, total_workflows: 0, active_workflows: 0 });
  });

  it('with a part that is down is unhealthy: 503; one that fails to answer is down', async () => {
    const sick = await startApiApp();
    const probes = sick.app.get(HealthProbes, { strict: false });
    for (const part of ['scheduler', 'executor'] as const) probes.register(part, () => ({ status: 'ok' }));
    probes.register('triggers', () => Promise.reject(new Error('gone')));
    const report = await sick.call('GET', '/health', { key: null });
    expect(report).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', checks: { triggers: 'down', database: 'ok' } },
    });
    await sick.close();
  });

  it('is ready until it drains, and live all the while', async () => {
    const draining = await startApiApp();
    expect((await draining.call('GET', '/health/ready', { key: null })).status).toBe(200);
    draining.app.get(HealthProbes, { strict: false }).drain();
    expect(await draining.call('GET', '/health/ready', { key: null })).toMatchObject({
      status: 503,
      body: { status: 'draining' },
    });
    expect((await draining.call('GET', '/health/live', { key: null })).status).toBe(200);
    await draining.close();
  });
});

describe('metrics', () => {
  it('need a key unless METRICS_PUBLIC says otherwise', async () => {
    expect((await api.call('GET', '/metrics', { key: null })).status).toBe(401);
    expect((await api.call('GET', '/metrics')).status).toBe(200);
    const open = await startApiApp({ METRICS_PUBLIC: 'true' });
    expect((await open.call('GET', '/metrics', { key: null })).status).toBe(200);
    await open.close();
  });

  it('show executions by workflow and status, the queue, timers, HTTP by route, and event-loop lag', async () => {
    api.app.get(Metrics, { strict: false }).executionEnded('w1', 'completed', 0.2);
    await api.call('GET', '/api/v1/workflows/nowhere');
    const { text, headers } = await api.call('GET', '/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('orchestrator_executions_total{workflow_id="w1",status="completed"} 1');
    expect(text).toContain('orchestrator_execution_duration_seconds_count{workflow_id="w1"} 1');
    expect(text).toContain('orchestrator_queue_length{state="waiting"} 3');
    expect(text).toContain('orchestrator_timer_lag_seconds 0');
    expect(text).toContain('route="/api/v1/workflows/:id"');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  });
});

describe('scheduler status', () => {
  it('scheduler status names queue, timers, workers and replicas', async () => {
    const insert = `INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
      VALUES (gen_random_uuid(), 'box boot ns', 1, 't', '{api,scheduler,worker}', now() + interval '1 minute')`;
    await api.database.database.query(insert);
    const { body } = await api.call('GET', '/api/v1/scheduler/status');
    expect(body).toMatchObject({
      running: true,
      queue: { backend: 'postgres', waiting: 3 },
      timers: { due: 0, next_due: null },
    });
    expect(body).toMatchObject({ workers: { concurrency: 10, active: 0 }, replicas: [{ host: 'box' }] });
  });
});

describe('documentation', () => {
  it('Swagger UI and the OpenAPI 3.1 document are open', async () => {
    expect((await api.call('GET', '/docs', { key: null })).status).toBe(200);
    const { status, body } = await api.call('GET', '/openapi.json', { key: null });
    expect(status).toBe(200);
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths as object)).toEqual(
      expect.arrayContaining(['/api/v1/workflows', '/health', '/metrics']),
    );
  });

  it('every operation has a summary, and every guarded one says 401 and 403', async () => {
    const { body } = await api.call('GET', '/openapi.json', { key: null });
    const operations = Object.entries(
      body.paths as Record<string, Record<string, { summary?: string; security?: unknown[]; responses: object }>>,
    ).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
    );
    expect(operations.filter(({ summary }) => summary === undefined).map(({ name }) => name)).toEqual([]);
    const guarded = operations.filter(({ security }) => security?.length !== 0);
    expect(
      guarded.filter(({ responses }) => !('401' in responses && '403' in responses)).map(({ name }) => name),
    ).toEqual([]);
  });
});
