import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Api } from '../support/api.js';
import { clientOf, POSTGRES_ONLY } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startServer, type TestServer } from '../support/server.js';

const YAML = { 'content-type': 'application/yaml' };
const DEFINITION = `version: "1.0"
name: Contract
description: What clients rely on
variables: {size: 1}
output: {n: "{{ steps.one.output.n }}"}
steps:
  - {id: one, type: set, config: {values: {n: "{{ default(input.?n, 0) }}"}}}
  - {id: two, type: log, config: {message: hello}}
triggers:
  - {type: cron, name: Nightly, config: {cron: "0 2 * * *"}}
  - {type: webhook, name: Hook, config: {path: /webhook/contract, max_body: 1024}}
  - {type: manual, name: Hand}
`;

const FIELDS = {
  workflow:
    'id slug name description status version definition variables tags owner_id is_template execution_count ' +
    'last_executed success_rate triggers steps created_at updated_at',
  trigger: 'id workflow_id type name config is_enabled last_triggered trigger_count next_due health',
  health: 'status armed_since connected_since last_looked last_fired next_due last_error restarts',
  occurrence:
    'id trigger_id workflow_id occurred_at scheduled_for dedup_key outcome reason execution_id payload replay_of',
  execution:
    'id workflow_id version status input output variables start_time end_time duration_ms trigger_id trigger_type ' +
    'occurrence_id priority error parent_id',
  step: 'id execution_id step_id step_path type status attempt input output error started_at finished_at duration_ms',
  started: 'id execution_id workflow_id status status_url duplicate',
  deployed: 'id workflow_id version status triggers warnings deployed_at',
  validated: 'valid errors warnings plan',
  log: 'timestamp level step_path attempt message data',
  timeline: 'step_path type status attempt started_at finished_at waited_ms duration_ms',
  graphNode: 'id type name kind status',
  version: 'workflow_id version created_at',
  totals: 'executions completed failed success_rate mean_ms p50_ms p95_ms p99_ms',
  page: 'items next_cursor',
  problem: 'type title status detail code instance',
} as const;

/** Routes of the API carry the payload in a field. */
const BODIES: Record<string, object> = {
  '/api/v1/triggers/workflows/{workflow}/manual': { input: { n: 5 } },
  '/api/v1/triggers/workflows/{workflow}/webhook': { n: 5 },
};

let server: TestServer;
let api: Api;
let anonymous: (method: string, path: string, body?: unknown) => Promise<Response>;
/** What the paths below name. */
const ids: Record<string, string> = {};
let deployed: Answer;
let finished: Answer;

beforeAll(async () => {
  const [, open] = POSTGRES_ONLY;
  server = await startServer(await open());
  api = clientOf(server);
  anonymous = (method, path, body) =>
    fetch(server.url + path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  ids.workflow = await api.create(DEFINITION);
  deployed = await api.post(`/deployment/workflows/${ids.workflow}/deploy`);
  for (const trigger of deployed.body.triggers as { id: string; type: string }[]) ids[trigger.type] = trigger.id;
  finished = await api.post('/workflows/contract/execute?wait=true', { input: { n: 3 } });
  ids.execution = finished.body.id as string;
  ids.step = finished.body.step_executions[0].id as string;
  const hooked = await anonymous('POST', '/webhook/contract', { n: 4 });
  const { execution_id } = (await hooked.json()) as { execution_id: string };
  await api.reaches(execution_id, 'completed');
  const { body } = await api.get(`/triggers/${ids.webhook}/occurrences`);
  ids.occurrence = body.items[0].id as string;
});

const fill = (path: string): string => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);

function expectFields(value: unknown, names: string): void {
  expect(value).not.toBeNull();
  expect(Object.keys(value as object)).toEqual(expect.arrayContaining(names.split(' ')));
}

/** Every route of a read: path, fields of the answer, fields of an item of its list `items`. */
const READS: [path: string, fields: string, item?: string][] = [
  ['/workflows', FIELDS.page, FIELDS.workflow],
  ['/workflows?status=active&tags=&q=contract&is_template=false&limit=5', FIELDS.page, FIELDS.workflow],
  ['/workflows/{workflow}', FIELDS.workflow],
  ['/workflows/contract', FIELDS.workflow],
  ['/workflows/{workflow}/status', 'status version'],
  ['/workflows/{workflow}/statistics', 'totals'],
  ['/workflows/{workflow}/versions', FIELDS.page, FIELDS.version],
  ['/workflows/{workflow}/versions/1', `${FIELDS.version} definition`],
  ['/workflows/{workflow}/versions/1/diff/1', 'from to'],
  ['/workflows/{workflow}/graph', 'nodes edges'],
  ['/workflows/{workflow}/graph?format=json', 'nodes edges'],
  ['/workflows/{workflow}/tasks', FIELDS.page, 'id type config'],
  ['/workflows/{workflow}/tasks/one', 'id type config'],
  ['/workflows/{workflow}/executions', FIELDS.page, FIELDS.execution],
  ['/workflows/{workflow}/runs', FIELDS.page, FIELDS.execution],
  ['/workflows/{workflow}/triggers', FIELDS.page, FIELDS.trigger],
  ['/executions?workflow_id={workflow}&status=completed&trigger_type=webhook', FIELDS.page, FIELDS.execution],
  ['/executions?trigger_id={webhook}&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z', FIELDS.page, FIELDS.execution],
  ['/executions/{execution}', `${FIELDS.execution} step_executions`],
  ['/executions/{execution}/steps', FIELDS.page, FIELDS.step],
  ['/executions/{execution}/logs', FIELDS.page, FIELDS.log],
  ['/executions/{execution}/logs?step_id=two&level=info', FIELDS.page, FIELDS.log],
  ['/executions/{execution}/timeline', 'items', FIELDS.timeline],
  ['/executions/{execution}/graph', 'nodes edges'],
  ['/step-executions/{step}', FIELDS.step],
  ['/step-executions/{step}/output', 'n'],
  ['/deployment/workflows', FIELDS.page, 'id workflow_id version status deployed_at'],
  ['/deployment/workflows/{workflow}/status', 'id workflow_id version status triggers deployed_at'],
  ['/deployment/workflows/{workflow}/history', FIELDS.page, 'id workflow_id version status deployed_at'],
  ['/triggers/{cron}', FIELDS.trigger],
  ['/triggers/{cron}/health', FIELDS.health],
  ['/triggers/{cron}/preview?count=2', 'items', 'at local note'],
  ['/triggers/{webhook}/occurrences', FIELDS.page, FIELDS.occurrence],
  ['/triggers/workflows/{workflow}/status', 'triggers'],
  ['/triggers/health', 'status items'],
  ['/public/webhooks/status', 'status'],
  ['/node-types', 'items', 'type kind title schema'],
  ['/node-types/http', 'type kind title schema'],
  ['/trigger-types', 'items', 'type title schema'],
  ['/secrets', FIELDS.page],
  ['/api-keys', FIELDS.page],
  ['/me', 'role owner_id'],
  ['/audit-log', FIELDS.page, 'at actor action resource before after ip'],
  ['/scheduler/status', 'running leader queue timers workers replicas'],
  ['/statistics', 'totals buckets errors steps'],
];

describe('reads', () => {
  it.each(READS)('GET %s answers with its fields, also below /v1', async (path, fields, item) => {
    const { status, body } = await api.get(fill(path));
    expect(status, JSON.stringify(body)).toBe(200);
    expectFields(body, fields);
    if (item !== undefined) expectFields(body.items[0], item);
    const short = await server.fetch(`/v1${fill(path)}`);
    expect(short.status).toBe(200);
    expect(Object.keys((await short.json()) as object)).toEqual(Object.keys(body as object));
  });

  it('graphs come as text and as a picture too', async () => {
    const mermaid = await server.fetch(`/api/v1/workflows/${ids.workflow}/graph?format=mermaid`);
    expect(await mermaid.text()).toContain('flowchart');
    const svg = await server.fetch(`/api/v1/workflows/${ids.workflow}/graph?format=svg`);
    expect(svg.headers.get('content-type')).toContain('image/svg+xml');
  });

  it('a path may end with a slash', async () => {
    expect((await api.get('/workflows/')).status).toBe(200);
  });

  it('numbers, times and nested parts have the kinds they should have', async () => {
    const { body } = await api.get(`/workflows/${ids.workflow}`);
    expect(body).toMatchObject({ slug: 'contract', status: 'active', version: 1, variables: { size: 1 }, tags: [] });
    for (const name of ['created_at', 'updated_at', 'last_executed']) {
      expect(body[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }
    expect(body.execution_count).toBeGreaterThan(0);
    const trigger = (await api.get(`/triggers/${ids.cron}`)).body;
    expectFields(trigger.health, FIELDS.health);
    expect(trigger.next_due).toMatch(/T02:00:00/);
    const { totals } = (await api.get('/statistics')).body;
    expectFields(totals, FIELDS.totals);
    const { queue, timers, workers } = (await api.get('/scheduler/status')).body;
    expectFields(queue, 'backend waiting active delayed');
    expectFields(timers, 'due next_due lag_ms');
    expectFields(workers, 'concurrency active');
  });

  it('lists go on from their cursor', async () => {
    const first = (await api.get('/node-types?limit=2')).body;
    expect(first.items.length).toBeGreaterThanOrEqual(2);
    const page = (await api.get(`/executions?limit=1`)).body;
    const next = (await api.get(`/executions?limit=1&cursor=${encodeURIComponent(page.next_cursor as string)}`)).body;
    expect(next.items[0].id < page.items[0].id).toBe(true);
  });
});

describe('writes', () => {
  it('deploy answers 201 at first and 200 after', async () => {
    expect(deployed.status).toBe(201);
    expectFields(deployed.body, FIELDS.deployed);
    expect(deployed.body).toMatchObject({ version: 1, status: 'deployed', warnings: [] });
    expectFields(deployed.body.triggers[0], FIELDS.trigger);
    expect((await api.call('PUT', `/deployment/workflows/${ids.workflow}/deploy`, { version: 1 })).status).toBe(200);
  });

  it('validate answers 200 with a plan, for a text, a definition and an entity', async () => {
    const step = { id: 'a', type: 'log', config: { message: 'x' } };
    const definition = { version: '1.0', name: 'v', steps: [step] };
    const answers = [
      await api.call('POST', '/workflows/validate', DEFINITION, YAML),
      await api.post('/workflows/validate', definition),
      await api.post('/workflows/validate', { definition }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expectFields(body, FIELDS.validated);
      expect(body).toMatchObject({ valid: true, errors: [] });
    }
  });

  it.each(['execute', 'run'])('%s answers 202 at once, or 200 with what was finished', async (verb) => {
    const path = `/workflows/${ids.workflow}/${verb}`;
    const started = await api.post(path, { input: { n: 1 }, variables: { size: 2 }, priority: 7, version: 1 });
    expect(started.status).toBe(202);
    expectFields(started.body, FIELDS.started);
    expect(started.body).toMatchObject({ id: started.body.execution_id, status: 'queued', duplicate: false });
    expect(started.body.status_url).toContain(`/executions/${started.body.id as string}`);
    const waited = await api.post(path, { input: { n: 9 }, wait: true });
    expect(waited.status).toBe(200);
    expectFields(waited.body, `${FIELDS.execution} step_executions`);
    expect(waited.body).toMatchObject({ status: 'completed', output: { n: 9 }, error: null });
    expectFields(waited.body.step_executions[0], FIELDS.step);
  });

  it('a wait that is over is answered with 202 and where the execution is by then', async () => {
    const id = await api.create('name: slow\nsteps: [{id: a, type: wait, config: {duration: 1h}}]');
    const answer = await api.post(`/workflows/${id}/execute`, { wait: true, wait_timeout: '300ms' });
    expect(answer.status).toBe(202);
    expectFields(answer.body, FIELDS.started);
    expect(answer.body.status).toBe('waiting');
    const cancelled = await api.post(`/executions/${answer.body.id as string}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
  });

  it.each([
    ['/webhook/contract', 'public'],
    ['/api/v1/public/webhook/workflow/{workflow}', 'public'],
    ['/v1/public/webhook/workflow/{workflow}', 'public'],
    ['/api/v1/triggers/workflows/{workflow}/webhook', 'with a key'],
    ['/api/v1/triggers/workflows/{workflow}/manual', 'with a key'],
    ['/api/v1/occurrences/{occurrence}/replay', 'with a key'],
  ])('POST %s (%s) answers 202 as every start does', async (path, how) => {
    const body = path.endsWith('/replay') ? undefined : (BODIES[path] ?? { n: 5 });
    const url = fill(path);
    const answer =
      how === 'public'
        ? await anonymous('POST', url, body)
        : await server.fetch(url, body ? { json: body } : { method: 'POST' });
    const started = (await answer.json()) as Record<string, string>;
    expect(answer.status, JSON.stringify(started)).toBe(202);
    expectFields(started, FIELDS.started);
    await api.reaches(started.execution_id ?? '', 'completed');
  });

  it.each([
    ['/api/v1/workflows/{workflow}/execute', {}],
    ['/api/v1/workflows/{workflow}/run', {}],
    ['/api/v1/triggers/workflows/{workflow}/manual', {}],
    ['/api/v1/triggers/workflows/{workflow}/webhook', {}],
    ['/webhook/contract', {}],
  ])('POST %s with one Idempotency-Key starts one execution', async (path, json) => {
    const send = async (): Promise<Record<string, unknown>> => {
      const headers = { 'idempotency-key': `contract ${path}` };
      return (await (await server.fetch(fill(path), { json, headers })).json()) as Record<string, unknown>;
    };
    const [first, second] = [await send(), await send()];
    expect(second['execution_id']).toBe(first['execution_id']);
    expect([first['duplicate'], second['duplicate']]).toEqual([false, true]);
  });

  it('test and backfill of a trigger say what would be, and start nothing', async () => {
    const before = (await api.get(`/workflows/${ids.workflow}/executions?limit=500`)).body.items.length as number;
    expect((await api.post(`/triggers/${ids.cron}/test`)).body).toMatchObject({ outcome: 'fired' });
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z', dry_run: true };
    expect((await api.post(`/triggers/${ids.cron}/backfill`, range)).status).toBe(202);
    expect((await api.get(`/workflows/${ids.workflow}/executions?limit=500`)).body.items.length).toBe(before);
  });

  it('a trigger is added, changed, paused, resumed and removed', async () => {
    const config = { cron: '0 3 * * *' };
    const added = await api.post(`/workflows/${ids.workflow}/triggers`, { type: 'cron', name: 'Added', config });
    expect(added.status).toBe(201);
    const path = `/triggers/${added.body.id as string}`;
    expect((await api.call('PUT', path, { config: { cron: '0 4 * * *' } })).body.next_due).toMatch(/T04:00/);
    expect((await api.post(`${path}/pause`, { reason: 'holiday' })).body).toMatchObject({
      health: { status: 'paused' },
    });
    expect((await api.post(`${path}/resume`)).body).toMatchObject({ health: { status: 'healthy' } });
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
  });

  it('a workflow goes through its life: versions, tasks, states, an end', async () => {
    const id = await api.create('name: Life\nsteps: [{id: a, type: log, config: {message: x}}]');
    const path = `/workflows/${id}`;
    expect((await api.post(`${path}/tasks`, { name: 'B', task_type: 'log', config: { message: 'y' } })).status).toBe(
      201,
    );
    expect((await api.call('PUT', `${path}/tasks/a`, { config: { message: 'z' } })).status).toBe(200);
    expect((await api.get(path)).body.version).toBe(3);
    expect((await api.post(`${path}/versions/1/restore`)).body.version).toBe(4);
    expect((await api.get(`${path}/versions`)).body.items.length).toBe(4);
    expect((await api.call('PATCH', path, { tags: ['x'] })).body).toMatchObject({ tags: ['x'], version: 4 });
    for (const [verb, status] of [
      ['activate', 'active'],
      ['pause', 'paused'],
      ['resume', 'active'],
      ['archive', 'archived'],
    ]) {
      expect((await api.post(`${path}/${verb ?? ''}`)).body.status, verb).toBe(status);
    }
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
  });

  it('secrets go in and never out; a key is shown once', async () => {
    const put = await api.call('PUT', '/secrets/contract', { value: 'not-to-be-seen' });
    expect([200, 201]).toContain(put.status);
    expect((await api.post('/secrets', { name: 'other', value: 'not-to-be-seen' })).status).toBe(201);
    expect(JSON.stringify([put.body, (await api.get('/secrets')).body])).not.toContain('not-to-be-seen');
    const key = await api.post('/api-keys', { name: 'k', role: 'viewer' });
    expect(key.status).toBe(201);
    expect(key.body.key).toMatch(/^mr_/);
    expect(JSON.stringify((await api.get('/api-keys')).body)).not.toContain(key.body.key);
  });
});

describe('errors are problems with a stable code', () => {
  const MISSING = '01900000-0000-7000-8000-000000000000';
  const CASES: [what: string, status: number, code: string | null, send: () => Promise<Response>][] = [
    ['no credentials', 401, 'credentials_missing', () => anonymous('GET', '/api/v1/workflows')],
    ['wrong credentials', 401, 'credentials_invalid', () => as('mr_wrong', 'GET', '/workflows')],
    ['metrics without a key', 401, 'credentials_missing', () => anonymous('GET', '/metrics')],
    ['a role that is too low', 403, 'role_too_low', async () => as(await viewer(), 'POST', '/workflows')],
    ['no such route', 404, null, () => server.fetch('/api/v1/nothing')],
    ['no such workflow', 404, 'workflow_not_found', () => server.fetch(`/api/v1/workflows/${MISSING}`)],
    ['no such version', 404, null, () => server.fetch(fill('/api/v1/workflows/{workflow}/versions/99'))],
    ['no such execution', 404, 'execution_not_found', () => server.fetch(`/api/v1/executions/${MISSING}`)],
    [
      'no such step execution',
      404,
      'step_execution_not_found',
      () => server.fetch(`/api/v1/step-executions/${MISSING}`),
    ],
    ['no such trigger', 404, 'trigger_not_found', () => server.fetch(`/api/v1/triggers/${MISSING}`)],
    ['no such webhook', 404, 'webhook_not_found', () => anonymous('POST', '/webhook/nowhere', {})],
    ['another method', 405, 'method_not_allowed', () => server.fetch('/api/v1/workflows', { method: 'DELETE' })],
    ['another method of a webhook', 405, 'method_not_allowed', () => anonymous('GET', '/webhook/contract')],
    [
      'a state it cannot leave',
      409,
      'workflow_state',
      () => server.fetch(fill('/api/v1/workflows/{workflow}/resume'), { method: 'POST' }),
    ],
    [
      'the cancel of a finished one',
      409,
      'execution_state',
      () => server.fetch(fill('/api/v1/executions/{execution}/cancel'), { method: 'POST' }),
    ],
    ['a route that is taken', 409, 'route_taken', () => clash()],
    [
      'a change of what has changed',
      412,
      'revision_mismatch',
      () => change({ 'if-match': '"999"' }, { description: 'x' }),
    ],
    ['a body too large', 413, 'body_too_large', () => announce('/api/v1/workflows', 11_000_000)],
    [
      'a delivery too large',
      413,
      'body_too_large',
      () => anonymous('POST', '/webhook/contract', { x: 'y'.repeat(2_000) }),
    ],
    ['a type nobody reads', 415, 'media_type_unsupported', () => raw('/api/v1/workflows', '<a/>', 'application/xml')],
    ['a delivery of such a type', 415, null, () => raw('/webhook/contract', 'x', 'image/png')],
    ['JSON that is none', 400, null, () => raw('/api/v1/workflows', '{"name":', 'application/json')],
    ['a delivery of such JSON', 400, null, () => raw('/webhook/contract', '{"name":', 'application/json')],
    ['an unknown field', 422, null, () => change({}, { colour: 'red' })],
    [
      'an unknown field of a start',
      422,
      'validation_failed',
      () => server.fetch(fill('/api/v1/workflows/{workflow}/execute'), { json: { inputs: {} } }),
    ],
    ['an unknown query parameter', 422, 'validation_failed', () => server.fetch('/api/v1/workflows?colour=red')],
    ['a limit out of range', 422, 'validation_failed', () => server.fetch('/api/v1/executions?limit=0')],
    ['a cursor of nobody', 422, 'cursor_invalid', () => server.fetch('/api/v1/workflows?cursor=abc')],
    [
      'a definition with a fault',
      422,
      'definition_invalid',
      () => raw('/api/v1/workflows', 'name: x\nsteps: []', 'application/yaml'),
    ],
  ];

  it.each(CASES)('%s: %i %s', async (_what, status, code, send) => {
    const response = await send();
    const text = await response.text();
    expect(response.status, text).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const body = JSON.parse(text) as Record<string, unknown>;
    expectFields(body, FIELDS.problem);
    expect(body['status']).toBe(status);
    if (code !== null) expect(body['code']).toBe(code);
    expect(body['code']).toMatch(/^[a-z][a-z0-9_]*$/);
    if (status === 405) expect(response.headers.get('allow')).toMatch(/[A-Z]/);
    if (status === 401) expect(response.headers.get('www-authenticate')).not.toBeNull();
    if (status === 422) for (const fault of body['errors'] as object[]) expectFields(fault, 'path code message');
  });

  const as = (key: string, method: string, path: string): Promise<Response> =>
    fetch(`${server.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  const viewer = async (): Promise<string> =>
    (await api.post('/api-keys', { name: 'viewer', role: 'viewer' })).body.key as string;
  const raw = (path: string, body: string, type: string): Promise<Response> =>
    server.fetch(path, { method: 'POST', body, headers: { 'content-type': type } });
  /** The answer comes before the body is sent: a client that still writes may not see it. */
  const announce = (path: string, size: number): Promise<Response> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${server.apiKey}`,
        'content-type': 'application/json',
        'content-length': size,
      };
      const sent = request(server.url + path, { method: 'POST', headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          sent.destroy();
          const { statusCode: status = 0, headers: got } = answer;
          resolve(
            new Response(Buffer.concat(chunks), { status, headers: { 'content-type': got['content-type'] ?? '' } }),
          );
        });
      });
      sent.once('error', reject);
      sent.flushHeaders();
    });
  const change = (headers: Record<string, string>, json: object): Promise<Response> =>
    server.fetch(fill('/api/v1/workflows/{workflow}'), { method: 'PATCH', json, headers });
  const clash = async (): Promise<Response> => {
    const trigger = '{type: webhook, config: {path: /contract}}';
    const id = await api.create(
      `name: Clash\nsteps: [{id: a, type: log, config: {message: x}}]\ntriggers: [${trigger}]`,
    );
    return server.fetch(`/api/v1/deployment/workflows/${id}/deploy`, { method: 'POST' });
  };
});

describe('beside the API', () => {
  it('health is open to all and names every part', async () => {
    const body = (await (await anonymous('GET', '/health')).json()) as Record<string, object>;
    expect(body['status']).toBe('healthy');
    expect(Object.keys(body['checks'] ?? {}).sort()).toEqual([
      'database',
      'executor',
      'memory',
      'queue',
      'scheduler',
      'triggers',
    ]);
    expectFields(body['stats'], 'active_executions queued_executions total_workflows active_workflows');
    for (const path of ['/health/live', '/health/ready']) expect((await anonymous('GET', path)).status).toBe(200);
  });

  it('metrics have the names that dashboards know', async () => {
    const text = await eventually(async () => {
      const metrics = await (await server.fetch('/metrics')).text();
      expect(metrics).toMatch(/orchestrator_executions_total\{[^}]*status="completed"[^}]*\} \d/);
      return metrics;
    });
    expect(text).toContain('orchestrator_execution_duration_seconds_bucket');
    expect(text).toContain('orchestrator_active_executions');
    expect(text).toContain(`workflow_id="${ids.workflow ?? ''}"`);
  });

  it('the description of the API is open to all, and knows the routes above', async () => {
    expect((await anonymous('GET', '/docs')).status).toBe(200);
    const document = (await (await anonymous('GET', '/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/workflows/{id}/execute', '/api/v1/executions/{id}', '/api/v1/triggers/{id}']),
    );
  });
});
