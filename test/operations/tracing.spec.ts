import { describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer } from '../support/holding-server.js';
import { loseOwner } from '../support/lost-owner.js';
import { Collector, type SeenSpan } from '../support/otlp.js';
import { startRecordingServer } from '../support/recording-server.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SENDER = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${SENDER}-01`;

async function deployWebhook(app: TestApp, path: string, steps: string): Promise<string> {
  const id = await app.api.create(
    `name: ${path}\nsteps:\n${steps}\ntriggers: [{type: webhook, config: {path: /${path}}}]`,
  );
  expect((await app.api.post(`/deployment/workflows/${id}/deploy`)).status).toBe(201);
  return id;
}

async function send(app: TestApp, path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${app.url}/webhook/${path}`, { method: 'POST', headers });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

const named = (spans: readonly SeenSpan[], name: string): SeenSpan[] => spans.filter((span) => span.name === name);
const below = (spans: readonly SeenSpan[], parent: SeenSpan | undefined): string[] =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
    .map(({ name }) => name)
    .sort();

describe('traces', () => {
  it('show request, occurrence, execution, steps, children and outgoing calls of a webhook in the trace of its sender', async () => {
    const collector = await Collector.start();
    const remote = await startRecordingServer();
    const app = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SERVICE_NAME: 'mill' });
    await app.api.create(`name: child-of-trace\nsteps: [{id: deep, type: http, config: {url: "${remote.url}/deep"}}]`);
    await deployWebhook(
      app,
      'whole',
      `  - {id: calm, type: set, config: {values: {n: 1}}}
  - {id: call, type: http, config: {url: "${remote.url}/call"}}
  - {id: sub, type: subworkflow, config: {workflow: child-of-trace}}
  - {id: each, type: loop, config: {times: 2, distribute: true, steps: [{id: pass, type: http, config: {url: "${remote.url}/pass"}}]}}`,
    );
    const id = await send(app, 'whole', { traceparent: TRACEPARENT, tracestate: 'vendor=t61, other=2' });
    await app.api.reaches(id, 'completed');
    await app.close();
    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['mill']));
    const request = spans.find(({ parentSpanId }) => parentSpanId === SENDER);
    expect(request?.attributes).toMatchObject({ 'http.request.method': 'POST', 'http.response.status_code': 202 });
    expect(below(spans, request)).toEqual(['occurrence webhook']);
    const [occurrence] = named(spans, 'occurrence webhook');
    expect(occurrence?.attributes).toMatchObject({
      'millrace.occurrence.outcome': 'fired',
      'millrace.execution.id': id,
    });
    expect(below(spans, occurrence)).toEqual(['execution']);
    const execution = spans.find(({ parentSpanId }) => parentSpanId === occurrence?.spanId);
    expect(execution?.attributes).toMatchObject({
      'millrace.execution.status': 'completed',
      'millrace.execution.id': id,
    });
    expect(below(spans, execution)).toEqual(['step http', 'step loop', 'step set', 'step subworkflow']);
    const step = (path: string): SeenSpan | undefined =>
      spans.find(({ attributes }) => attributes['millrace.step.path'] === path);
    expect(below(spans, step('call'))).toEqual(['GET']);
    expect(below(spans, step('sub'))).toEqual(['execution']);
    expect(below(spans, step('each'))).toEqual(['execution', 'execution']);
    // What was called goes on with the span of the call.
    const calls = named(spans, 'GET');
    expect(calls).toHaveLength(4);
    expect(remote.calls.map(({ headers }) => headers.traceparent).sort()).toEqual(
      calls.map(({ spanId }) => `00-${TRACE}-${spanId}-01`).sort(),
    );
    expect(new Set(spans.map(({ state }) => state))).toEqual(new Set(['vendor=t61,other=2']));
    expect(remote.calls.map(({ headers }) => headers['tracestate'])).toEqual(Array(4).fill('vendor=t61,other=2'));
    // Every span hangs on another of the trace, and lies in time.
    const ids = new Set([SENDER, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''))).toEqual([]);
    expect(ids.size).toBe(spans.length + 1);
    expect(spans.filter(({ startedAt, endedAt }) => endedAt < startedAt)).toEqual([]);
  });

  it('have a span for each attempt, and go through a sleep and on to another replica', async () => {
    const collector = await Collector.start();
    let fails = 1;
    const remote = await startRecordingServer((_call, response) => {
      response.statusCode = fails-- > 0 ? 503 : 200;
      response.end();
    });
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const first = await startApp(env);
    await deployWebhook(
      first,
      'far',
      `  - {id: call, type: http, config: {url: "${remote.url}/x"}, retry_policy: {max_attempts: 2, initial_delay: 1ms, jitter: 0}}
  - {id: ask, type: approval, config: {title: go}}
  - {id: last, type: http, config: {url: "${remote.url}/last"}}`,
    );
    const id = await send(first, 'far', { traceparent: TRACEPARENT });
    await first.api.reaches(id, 'waiting');
    const { body } = await first.api.get('/approvals?status=pending');
    await first.close();
    const second = await startApp(env, first.db);
    await second.api.post(`/approvals/${(body.items as { id: string }[])[0]?.id ?? ''}/decide`, {
      decision: 'approve',
    });
    await second.api.reaches(id, 'completed');
    await second.close();
    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const [execution, ...others] = named(spans, 'execution');
    expect(others).toEqual([]);
    expect(below(spans, execution)).toEqual(['step approval', 'step http', 'step http', 'step http']);
    const attempts = spans.filter(({ attributes }) => attributes['millrace.step.path'] === 'call');
    expect(attempts.map(({ attributes, hasFailed }) => [attributes['millrace.step.attempt'], hasFailed])).toEqual([
      [1, true],
      [2, false],
    ]);
    for (const attempt of attempts) expect(below(spans, attempt)).toEqual(['GET']);
    expect(remote.calls.every(({ headers }) => headers.traceparent?.includes(TRACE))).toBe(true);
  });

  it('stay one when an owner is lost in the middle of a step: the attempt that was cut off has failed', async () => {
    const collector = await Collector.start();
    const remote = await startHoldingServer();
    const app = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await deployWebhook(app, 'lost', `  - {id: call, type: http, config: {url: "${remote.url}/held"}}`);
    remote.hold('/held');
    const id = await send(app, 'lost', { traceparent: TRACEPARENT });
    await eventually(() => expect(remote.count('/held')).toBe(1));
    await loseOwner(app, id);
    // What the old owner still finishes is recorded nowhere.
    remote.letGo('/held');
    await app.api.reaches(id, 'completed');
    await app.close();
    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    expect(named(spans, 'execution')).toHaveLength(1);
    const attempts = named(spans, 'step http').map(({ attributes, hasFailed }) => [
      attributes['millrace.step.attempt'],
      attributes['error.type'],
      hasFailed,
    ]);
    expect(attempts).toEqual([
      [1, 'interrupted', true],
      [2, undefined, false],
    ]);
  });

  it('begin with the request, or the occurrence, where no sender has begun one; a sender may want none', async () => {
    const collector = await Collector.start();
    const app = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const id = await deployWebhook(app, 'plain', '  - {id: a, type: set, config: {values: {n: 1}}}');
    await app.api.reaches(await send(app, 'plain'), 'completed');
    await app.api.reaches(await send(app, 'plain', { traceparent: `00-${TRACE}-${SENDER}-00` }), 'completed');
    await app.api.reaches(await send(app, 'plain', { traceparent: 'nonsense' }), 'completed');
    const cron = await app.api.create(
      'name: ticks\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]\ntriggers: [{type: cron, config: {interval: 1s}}]',
    );
    await app.api.post(`/deployment/workflows/${cron}/deploy`);
    await eventually(async () => {
      const { items } = (await app.api.get(`/workflows/${cron}/executions?status=completed`)).body as {
        items: unknown[];
      };
      expect(items.length).toBeGreaterThan(0);
    });
    await app.close();
    const { spans } = collector;
    expect(spans.filter(({ traceId }) => traceId === TRACE)).toEqual([]);
    const executions = named(spans, 'execution').filter(({ attributes }) => attributes['millrace.workflow.id'] === id);
    expect(executions).toHaveLength(2);
    for (const { traceId } of executions) {
      const trace = spans.filter((span) => span.traceId === traceId);
      expect(trace.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ kind }) => kind)).toEqual([2]);
    }
    const ticks = named(spans, 'occurrence cron');
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.every(({ parentSpanId }) => parentSpanId === undefined)).toBe(true);
    expect(below(spans, ticks[0])).toEqual(['execution']);
  });

  it('hold nothing of what was sent: no path, no header, no value', async () => {
    const collector = await Collector.start();
    const remote = await startRecordingServer((_call, response) => response.writeHead(500).end('the-body-secret'));
    const app = await startApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await app.api.call('PUT', '/secrets/token', { value: 'the-stored-secret' });
    await deployWebhook(
      app,
      'quiet',
      `  - {id: call, type: http, config: {url: "${remote.url}/the-path-secret?k=the-stored-secret", method: POST,
       headers: {Authorization: "Bearer {{ secrets.token }}"}, body: {a: the-sent-secret}}}`,
    );
    const id = await send(app, 'quiet', { authorization: 'Bearer the-header-secret' });
    await app.api.reaches(id, 'failed');
    await app.api.get('/public/callbacks/the-token-secret');
    await app.close();
    expect(collector.spans.length).toBeGreaterThan(4);
    expect(collector.text).not.toMatch(/the-\w+-secret/);
    expect(collector.text).not.toContain(Buffer.from('the-stored-secret').toString('base64'));
  });

  it('are off without an endpoint: nothing is sent along, and nothing is stored', async () => {
    const remote = await startRecordingServer();
    const app = await startApp();
    await deployWebhook(app, 'off', `  - {id: call, type: http, config: {url: "${remote.url}/x"}}`);
    await app.api.reaches(await send(app, 'off', { traceparent: TRACEPARENT }), 'completed');
    expect(remote.calls[0]?.headers.traceparent).toBeUndefined();
    const stored = await app.db.database.query('SELECT 1 FROM execution WHERE trace_parent IS NOT NULL');
    expect(stored).toEqual([]);
  });
});
