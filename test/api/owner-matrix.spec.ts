import { beforeAll, describe, expect, it } from 'vitest';
import { promisedRoutes } from '../openapi/routes.js';
import { Api } from '../support/api.js';
import { startApp } from '../support/app.js';

/** What shows the whole server, to everybody who may read: it names no workflow's content. */
const OF_THE_SERVER = /^(!\/|\/(node-types|trigger-types|node-templates|scheduler|me$))/;
/** Open to all, each with its own proof. */
const PUBLIC = /^(!\/|\/public\/)/;
const MARK = 'ada-s own';

let adas: Api;
let stranger: Api;
/** What each `{}` of a route stands for, by what stands before it. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  const { api, url } = await startApp();
  const keyOf = async (owner_id: string): Promise<Api> =>
    new Api(url, (await api.post('/api-keys', { name: owner_id, role: 'editor', owner_id })).body.key as string);
  [adas, stranger] = [await keyOf('ada'), await keyOf('eve')];
  const workflow = await adas.create(`name: ${MARK}
steps:
  - {id: say, type: log, config: {message: ${MARK}}}
  - {id: ask, type: approval, config: {title: ${MARK}}}
triggers: [{type: webhook, name: ${MARK}, config: {path: /ada}}, {type: manual, name: Hand}]`);
  const { body: deployed } = await adas.post(`/deployment/workflows/${workflow}/deploy`);
  const { body: started } = await adas.post(`/triggers/workflows/${workflow}/webhook`, { from: MARK });
  const execution = await adas.reaches(started.execution_id as string, 'waiting');
  const { body: approvals } = await adas.get('/approvals');
  ids = {
    workflows: workflow,
    workflow,
    versions: '1',
    diff: '1',
    tasks: 'say',
    executions: execution.id,
    files: workflow,
    'step-executions': execution.step_executions[0]?.id ?? '',
    triggers: (deployed.triggers as { id: string; type: string }[]).find(({ type }) => type === 'webhook')?.id ?? '',
    occurrences: started.occurrence_id as string,
    approvals: (approvals.items as { id: string }[])[0]?.id ?? '',
  };
});

interface Call {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

/** Every promised route, addressed to what is Ada's. */
function calls(wanted: (call: Call) => boolean): Call[] {
  return promisedRoutes()
    .map(({ name }) => {
      const [method = '', path = ''] = name.split(' ');
      return { name, method, path };
    })
    .filter(wanted)
    .map((call) => ({ ...call, path: filled(call.path) }));
}

function filled(path: string): string {
  const parts = path.replace('/memory/{}/', '/memory/global/').split('/');
  return parts.map((part, index) => (part === '{}' ? (ids[parts[index - 1] ?? ''] ?? 'nothing') : part)).join('/');
}

const isEvents = (path: string): boolean => path.endsWith('/events') && path.startsWith('/executions');

describe('what belongs to an owner', () => {
  it('is read by its owner', async () => {
    const reads = calls(
      ({ method, path }) => method === 'GET' && /^\/(workflows|executions|triggers)\/\{\}$/.test(path),
    );
    for (const { path } of reads) expect((await adas.get(path)).status, path).toBe(200);
  });

  it('is shown to no other owner, by any route that reads', async () => {
    const reads = calls(
      ({ method, path }) => method === 'GET' && !OF_THE_SERVER.test(path) && !PUBLIC.test(path) && !isEvents(path),
    );
    expect(reads.length).toBeGreaterThan(35);
    for (const { name, path } of reads) {
      const { status, body } = await stranger.get(path);
      expect([200, 403, 404], name).toContain(status);
      const text = JSON.stringify(body);
      const isTold = [MARK, ids['workflows'] ?? ''].some((word) => text.replaceAll(path, '').includes(word));
      expect(isTold && status === 200, `${name}: ${text}`).toBe(false);
    }
    expect((await stranger.get('/statistics')).body.totals.executions).toBe(0);
    expect((await adas.get('/statistics')).body.totals.executions).toBe(1);
  });

  it('is changed by no other owner, by any route that writes', async () => {
    const before = (await adas.get(`/workflows/${ids['workflows']}`)).body;
    const writes = calls(
      ({ method, path }) => method !== 'GET' && path.includes('{}') && !PUBLIC.test(path) && !path.startsWith('/node-'),
    );
    expect(writes.length).toBeGreaterThan(35);
    for (const { name, method, path } of writes) {
      const { status } = await stranger.call(method, path, bodyOf(name));
      expect([403, 404], name).toContain(status);
    }
    for (const verb of ['cancel', 'retry']) {
      const bulk = await stranger.post(`/executions/bulk/${verb}`, { ids: [ids['executions']] });
      expect(bulk.body, verb).toMatchObject({ matched: 0, done: 0 });
    }
    expect((await adas.get(`/workflows/${ids['workflows']}`)).body).toEqual(before);
    expect((await adas.execution(ids['executions'] ?? '')).status).toBe('waiting');
  });
});

/** Where a body is checked before the resource is looked for. */
function bodyOf(name: string): object | undefined {
  if (name.startsWith('DELETE')) return undefined;
  if (name.endsWith('/tasks')) return { name: 'x', task_type: 'log', config: { message: 'x' } };
  if (name.endsWith('/decide')) return { decision: 'approve' };
  if (name.endsWith('/confirm')) return { token: 'x' };
  if (name.endsWith('/backfill')) return { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
  if (name.endsWith('/instantiate')) return { name: 'x' };
  if (name.endsWith('{}/triggers')) return { type: 'manual', name: 'x' };
  if (name.startsWith('PUT /memory')) return { value: 1 };
  return {};
}
