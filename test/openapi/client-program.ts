/**
 * A program as a user writes it with a client that is made of the OpenAPI document: every path, parameter and field is
 * checked by its types. One function a tag; each gives back what it has seen.
 */
export const PROGRAM = `
import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.js';

type Api = Client<paths>;
type Task = (api: Api) => Promise<unknown>;
interface Answer<T> {
  data?: T;
  error?: { code: string; status: number };
  response: Response;
}

/** What the server has answered, or an error that says what it had against it. */
async function got<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (data === undefined) throw new Error(response.url + ' answered ' + response.status + ' ' + JSON.stringify(error));
  return data;
}

let names = 0;
const definition = (steps: Record<string, unknown>[], more: Record<string, unknown> = {}) => ({
  name: 'Client ' + ++names,
  steps,
  ...more,
});
const SET = { id: 'greet', type: 'set', config: { values: { hello: '{{ input.?name }}' } } };
const HOOK = { type: 'webhook', name: 'Hook', config: { path: '/client' } };

const create = async (api: Api, body: Record<string, unknown>) =>
  (await got(api.POST('/api/v1/workflows', { body: { definition: body } }))).id;
const path = (id: string) => ({ params: { path: { id } } });

async function run(api: Api, id: string, input: unknown = {}) {
  const options = { ...path(id), body: { input, wait: true } };
  const answer = await got(api.POST('/api/v1/workflows/{id}/execute', options));
  if (!('step_executions' in answer)) throw new Error('it is not finished: ' + JSON.stringify(answer));
  return answer;
}

async function waitingStep(api: Api, execution: string) {
  for (;;) {
    const { step_executions: steps = [] } = await got(api.GET('/api/v1/executions/{id}', path(execution)));
    const step = steps.find(({ status }) => status === 'waiting');
    if (step !== undefined) return step;
    await new Promise((next) => setTimeout(next, 20));
  }
}

export const TASKS: Record<string, Task> = {
  Workflows: async (api) => {
    const id = await create(api, definition([SET]));
    const { data, response } = await api.GET('/api/v1/workflows/{id}', path(id));
    const etag = response.headers.get('etag') ?? '';
    const header = { 'If-Match': etag };
    const options = { params: { path: { id }, header }, body: { tags: ['typed'] } };
    const { tags } = await got(api.PATCH('/api/v1/workflows/{id}', options));
    const late = await api.PATCH('/api/v1/workflows/{id}', options);
    const { items } = await got(api.GET('/api/v1/workflows', { params: { query: { tags: ['typed'], limit: 1 } } }));
    const { valid, errors } = await got(api.POST('/api/v1/workflows/validate', { body: { definition: { name: 'x' } } }));
    const finished = await run(api, id, { name: 'Ada' });
    const { totals } = await got(api.GET('/api/v1/workflows/{id}/statistics', path(id)));
    const { last_execution } = await got(api.GET('/api/v1/workflows/{id}/status', path(id)));
    const graph = (await got(api.GET('/api/v1/workflows/{id}/graph', path(id)))) as components['schemas']['GraphDto'];
    const { status } = await got(api.POST('/api/v1/workflows/{id}/archive', path(id)));
    const gone = await api.DELETE('/api/v1/workflows/{id}', path(id));
    const sum = { version: data?.version, tags, late: late.error?.code, listed: items.length, valid, faults: errors.length > 0 };
    const rest = { output: finished.output, executions: totals.executions, last: last_execution?.status };
    return { ...sum, ...rest, nodes: graph.nodes.length, status, gone: gone.response.status };
  },

  'Workflow versions': async (api) => {
    const id = await create(api, definition([SET]));
    const body = { definition: definition([SET, { id: 'more', type: 'log', config: { message: 'x' } }]) };
    await got(api.PUT('/api/v1/workflows/{id}', { ...path(id), body }));
    const at = { params: { path: { id, n: 1 } } };
    const { checksum } = await got(api.GET('/api/v1/workflows/{id}/versions/{n}', at));
    const { steps } = await got(
      api.GET('/api/v1/workflows/{id}/versions/{n}/diff/{m}', { params: { path: { id, n: 1, m: 2 } } }),
    );
    const { version } = await got(api.POST('/api/v1/workflows/{id}/versions/{n}/restore', at));
    const { items } = await got(api.GET('/api/v1/workflows/{id}/versions', path(id)));
    return { checksum: checksum.length > 0, added: steps.added, version, versions: items.map((one) => one.version) };
  },

  'Workflow tasks': async (api) => {
    const id = await create(api, definition([SET]));
    const body = { name: 'Tell', task_type: 'log', config: { message: 'x' }, depends_on: ['greet'] };
    const task = await got(api.POST('/api/v1/workflows/{id}/tasks', { ...path(id), body }));
    const at = { params: { path: { id, stepId: task.id } } };
    const changed = await got(
      api.PUT('/api/v1/workflows/{id}/tasks/{stepId}', { ...at, body: { config: { message: 'y' } } }),
    );
    const { type } = await got(api.GET('/api/v1/workflows/{id}/tasks/{stepId}', at));
    const { items } = await got(api.GET('/api/v1/workflows/{id}/tasks', path(id)));
    const gone = await api.DELETE('/api/v1/workflows/{id}/tasks/{stepId}', at);
    return { id: task.id, config: changed.config, type, tasks: items.length, gone: gone.response.status };
  },

  Deployment: async (api) => {
    const id = await create(api, definition([SET], { triggers: [{ type: 'manual', name: 'Hand' }] }));
    const deployed = await got(api.POST('/api/v1/deployment/workflows/{id}/deploy', { ...path(id), body: { version: 1 } }));
    const again = await api.PUT('/api/v1/deployment/workflows/{id}/deploy', path(id));
    const { workflow_status } = await got(api.GET('/api/v1/deployment/workflows/{id}/status', path(id)));
    const history = await got(api.GET('/api/v1/deployment/workflows/{id}/history', path(id)));
    const { items } = await got(api.GET('/api/v1/deployment/workflows', { params: { query: { limit: 500 } } }));
    const isListed = items.some((one) => one.workflow_id === id);
    const undeployed = await got(api.DELETE('/api/v1/deployment/workflows/{id}/undeploy', path(id)));
    const { version, triggers, warnings } = deployed;
    const seen = { version, triggers: triggers.length, warnings, again: again.response.status, workflow_status };
    return { ...seen, history: history.items.map((one) => one.status), isListed, status: undeployed.status };
  },

  Executions: async (api) => {
    const id = await create(api, definition([{ id: 'no', type: 'fail', config: { message: 'no', code: 'sorry' } }]));
    const { id: execution, error, step_executions: [step] = [] } = await run(api, id);
    const query = { workflow_id: id, status: 'failed,timed_out', limit: 10 };
    const { items } = await got(api.GET('/api/v1/executions', { params: { query } }));
    const steps = await got(api.GET('/api/v1/executions/{id}/steps', path(execution)));
    const one = await got(api.GET('/api/v1/step-executions/{id}', path(step?.id ?? '')));
    const timeline = await got(api.GET('/api/v1/executions/{id}/timeline', path(execution)));
    const logs = (await got(api.GET('/api/v1/executions/{id}/logs', path(execution)))) as components['schemas']['LogPageDto'];
    const drawn = await api.GET('/api/v1/executions/{id}/graph', { ...path(execution), parseAs: 'text' });
    const files = await got(api.GET('/api/v1/executions/{id}/files', path(execution)));
    const header = { 'Idempotency-Key': 'again' };
    const retried = await got(
      api.POST('/api/v1/executions/{id}/retry', { params: { path: { id: execution }, header }, body: {} }),
    );
    const bulk = await got(api.POST('/api/v1/executions/bulk/cancel', { body: { ids: [execution] } }));
    const found = { code: error?.code, listed: items.length, steps: steps.items.length, type: one.type, drawn: String(drawn.data).includes('nodes') };
    const rest = { timeline: timeline.items[0]?.step_path, lines: logs.next_cursor, files: files.items };
    return { ...found, ...rest, same: retried.execution_id === execution, duplicate: retried.duplicate, bulk: bulk.matched };
  },

  Triggers: async (api) => {
    const id = await create(api, definition([SET]));
    await got(api.POST('/api/v1/deployment/workflows/{id}/deploy', path(id)));
    const body = { type: 'cron', name: 'Nightly', config: { cron: '0 2 * * *' } };
    const made = await got(api.POST('/api/v1/workflows/{id}/triggers', { ...path(id), body }));
    const at = path(made.id);
    const changed = await got(api.PUT('/api/v1/triggers/{id}', { ...at, body: { config: { cron: '0 3 * * *' } } }));
    const paused = await got(api.POST('/api/v1/triggers/{id}/pause', { ...at, body: { reason: 'holiday' } }));
    const { health } = await got(api.POST('/api/v1/triggers/{id}/resume', at));
    const tried = await got(api.POST('/api/v1/triggers/{id}/test', { ...at, body: {} }));
    const preview = await got(
      api.GET('/api/v1/triggers/{id}/preview', { params: { path: { id: made.id }, query: { count: 2 } } }),
    );
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z', dry_run: true };
    const backfill = await got(api.POST('/api/v1/triggers/{id}/backfill', { ...at, body: range }));
    const started = await got(
      api.POST('/api/v1/triggers/workflows/{id}/manual', {
        params: { path: { id }, query: { wait: true } },
        body: { input: { name: 'Ada' } },
      }),
    );
    const { items } = await got(api.GET('/api/v1/triggers/{id}/occurrences', at));
    const all = await got(api.GET('/api/v1/triggers/workflows/{id}/status', path(id)));
    const types = await got(api.GET('/api/v1/trigger-types'));
    const gone = await api.DELETE('/api/v1/triggers/{id}', at);
    await got(api.DELETE('/api/v1/deployment/workflows/{id}/undeploy', path(id)));
    const seen = { due: changed.next_due?.slice(11, 16), paused: paused.health.status, health: health.status };
    const more = { outcome: tried.outcome, preview: preview.items.length, backfill: backfill.count, occurrences: items };
    const kinds = types.items.map(({ type }) => type).includes('webhook');
    return { ...seen, ...more, triggers: all.triggers.length, kinds, started: 'output' in started, gone: gone.response.status };
  },

  Events: async (api) => {
    const event = { specversion: '1.0' as const, id: 'e-1', source: '/client', type: 'client.tried', data: { n: 1 } };
    const accepted = await got(
      api.POST('/api/v1/events', { params: { header: { 'Idempotency-Key': 'event' } }, body: event }),
    );
    const { items } = await got(api.GET('/api/v1/events', { params: { query: { type: 'client.*' } } }));
    return { accepted: accepted.accepted, types: items.map(({ type }) => type) };
  },

  Approvals: async (api) => {
    const id = await create(api, definition([{ id: 'ask', type: 'approval', config: { title: 'Go?' } }]));
    const { id: execution } = await got(api.POST('/api/v1/workflows/{id}/execute', { ...path(id), body: {} }));
    await waitingStep(api, execution);
    const query = { status: 'pending' as const, execution_id: execution };
    const { items: [asked] } = await got(api.GET('/api/v1/approvals', { params: { query } }));
    const body = { decision: 'approve' as const, comment: 'fine' };
    const decided = await got(api.POST('/api/v1/approvals/{id}/decide', { ...path(asked?.id ?? ''), body }));
    return { title: asked?.title, status: decided.status, decision: decided.decisions[0]?.decision };
  },

  Public: async (api) => {
    const id = await create(api, definition([{ id: 'call', type: 'wait_for_event', config: { callback: true } }]));
    const { id: execution } = await got(api.POST('/api/v1/workflows/{id}/execute', { ...path(id), body: {} }));
    const { waiting } = await waitingStep(api, execution);
    const token = waiting?.token ?? '';
    const answered = await got(
      api.POST('/api/v1/public/callbacks/{token}', { params: { path: { token } }, body: { paid: true } as never }),
    );
    const again = await api.POST('/api/v1/public/callbacks/{token}', { params: { path: { token } } });
    const { status } = await got(api.GET('/api/v1/public/webhooks/status'));
    return { answered: answered.status, again: again.error?.code, status };
  },

  Webhooks: async (api) => {
    const id = await create(api, definition([SET], { triggers: [HOOK] }));
    await got(api.POST('/api/v1/deployment/workflows/{id}/deploy', path(id)));
    const header = { 'Idempotency-Key': 'delivery' };
    const first = await got(
      api.POST('/webhook/{path}', { params: { path: { path: 'client' }, header }, body: { name: 'Ada' } as never }),
    );
    const options = { params: { path: { workflow: id }, header }, body: { name: 'Ada' } as never };
    const second = await got(api.POST('/api/v1/public/webhook/workflow/{workflow}', options));
    const other = await api.PUT('/webhook/{path}', { params: { path: { path: 'client' } } });
    await got(api.DELETE('/api/v1/deployment/workflows/{id}/undeploy', path(id)));
    const { duplicate, execution_id } = second as components['schemas']['FiredDto'];
    const same = execution_id === (first as components['schemas']['FiredDto']).execution_id;
    return { duplicate, same, other: other.error?.code };
  },

  Library: async (api) => {
    const { items } = await got(api.GET('/api/v1/node-types'));
    const http = await got(api.GET('/api/v1/node-types/{type}', { params: { path: { type: 'http' } } }));
    const body = { name: 'ping', description: 'says so', steps: [{ id: 'say', type: 'log', config: { message: 'x' } }] };
    const template = await got(api.POST('/api/v1/node-templates', { body }));
    const at = path(template.id);
    const change = { ...at, body: { steps: [{ id: 'say', type: 'log', config: { message: 'y' } }] } };
    const { version } = await got(api.PUT('/api/v1/node-templates/{id}', change));
    const versions = await got(api.GET('/api/v1/node-templates/{id}/versions', at));
    const found = await got(api.GET('/api/v1/node-templates', { params: { query: { q: 'ping' } } }));
    const gone = await api.DELETE('/api/v1/node-templates/{id}', at);
    const types = items.some(({ type }) => type === 'http');
    const seen = { types, http: http.type, version, versions: versions.items.length, found: found.items.length };
    return { ...seen, gone: gone.response.status };
  },

  Secrets: async (api) => {
    const at = { params: { path: { name: 'client_token' } } };
    const put = await api.PUT('/api/v1/secrets/{name}', { ...at, body: { value: 'not-to-be-seen' } });
    const shown = await got(api.GET('/api/v1/secrets/{name}', at));
    const { items } = await got(api.GET('/api/v1/secrets'));
    const gone = await api.DELETE('/api/v1/secrets/{name}', at);
    const isHidden = !JSON.stringify([put.data, shown, items]).includes('not-to-be-seen');
    return { name: shown.name, isHidden, listed: items.length, gone: gone.response.status };
  },

  Connections: async (api) => {
    const config = { dialect: 'sqlite', file: 'client.db' };
    const body = { name: 'client_db', type: 'database' as const, config: { url: 'postgres://u:pass-word@127.0.0.1:1/x' } };
    const made = await got(api.POST('/api/v1/connections', { body }));
    const at = path(made.id);
    const changed = await got(api.PUT('/api/v1/connections/{id}', { ...at, body: { description: 'for tests' } as never }));
    const tried = await got(api.POST('/api/v1/connections/{id}/test', at));
    const { items } = await got(api.GET('/api/v1/connections'));
    const shown = await got(api.GET('/api/v1/connections/{id}', at));
    const gone = await api.DELETE('/api/v1/connections/{id}', at);
    const isHidden = !JSON.stringify([made, shown, items, config]).includes('pass-word');
    return { isHidden, revision: changed.revision, ok: tried.ok, listed: items.length, gone: gone.response.status };
  },

  Memory: async (api) => {
    const place = { scope: 'global' as const, key: 'client' };
    const first = await got(api.PUT('/api/v1/memory/{scope}/{key}', { params: { path: place }, body: { value: 1 } as never }));
    const params = { path: place, header: { 'If-Match': '7' } };
    const late = await api.PUT('/api/v1/memory/{scope}/{key}', { params, body: { value: 2 } as never });
    const { value } = await got(api.GET('/api/v1/memory/{scope}/{key}', { params: { path: place } }));
    const gone = await api.DELETE('/api/v1/memory/{scope}/{key}', { params: { path: place } });
    return { revision: first.revision, late: late.error?.code, value, gone: gone.response.status };
  },

  Access: async (api) => {
    const body = { name: 'client', role: 'viewer' as const, scopes: ['workflows:read'] };
    const made = await got(api.POST('/api/v1/api-keys', { body }));
    const at = path(made.id);
    const changed = await got(api.PUT('/api/v1/api-keys/{id}', { ...at, body: { role: 'operator' } }));
    const { items } = await got(api.GET('/api/v1/api-keys'));
    const me = await got(api.GET('/api/v1/me'));
    const gone = await api.DELETE('/api/v1/api-keys/{id}', at);
    const log = await got(api.GET('/api/v1/audit-log', { params: { query: { limit: 5 } } }));
    const key = made.key.startsWith('mr_') && !JSON.stringify(items).includes(made.key);
    return { key, role: changed.role, me: me.role, gone: gone.response.status, log: log.items.length > 0 };
  },

  Operations: async (api) => {
    const { data: health } = await api.GET('/health');
    const live = await api.GET('/health/live');
    const ready = await api.GET('/health/ready');
    const status = await got(api.GET('/api/v1/scheduler/status'));
    const { totals, buckets } = await got(
      api.GET('/api/v1/statistics', { params: { query: { from: '2026-01-01T00:00:00Z', bucket: 'day' } } }),
    );
    const metrics = await got(api.GET('/metrics', { parseAs: 'text' }));
    const up = [live.response.status, ready.response.status];
    const counted = totals.executions > 0 && buckets.length > 0;
    return { health: health?.status, up, backend: status.queue.backend, counted, metrics: metrics.includes('orchestrator_') };
  },
};

export const connect = (baseUrl: string, key: string): Api =>
  createClient<paths>({ baseUrl, headers: { authorization: 'Bearer ' + key } });
`;
