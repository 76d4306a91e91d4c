import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api, type ExecutionView, type StepView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { loseOwner } from '../support/lost-owner.js';
import { everythingServer } from '../support/mcp-servers.js';
import { startModelServer, type ModelServer } from '../support/model-server.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { FIXTURES, type NodeTypeFixture } from './node-types.fixtures.js';

/** The second half of the contract: what only shows in an execution, for each type of the list alike. */
const NAMES = Object.keys(FIXTURES);
const SECRET = 'planted-in-every-type-7f3b19';
const WAITS = new Set(['suspend', 'wait']);

let app: TestApp;
let api: Api;
let outside: HoldingServer;
let large: RecordingServer;
let smtp: TestSmtp;
let silentMail: TestSmtp;
let github: RecordingServer;
let models: ModelServer;
let silentModels: RecordingServer;

beforeAll(async () => {
  outside = await startHoldingServer();
  outside.hold('/never');
  smtp = await startSmtp();
  large = await startRecordingServer((_call, response) => response.end(Buffer.alloc(17 * 1024 * 1024, 'x')));
  silentMail = await startSmtp({ silent: true });
  github = await startRecordingServer(({ url }, response) => {
    if (!url.includes('/contents/')) sendJson(response, { id: 1, html_url: 'https://github.com/o/r/1' });
  });
  models = await startModelServer(() => ({ text: 'Hello' }));
  silentModels = await startRecordingServer(() => undefined);
  app = await prepared({ WORKER_CONCURRENCY: '40', MILLRACE_DATA: temporaryFolder() });
  ({ api } = app);
  expect((await api.post('/secrets', { name: 'planted', value: SECRET })).status).toBe(201);
  await api.create('name: settle invoice\nsteps: [{id: a, type: wait, config: {duration: 1h}}]');
});

/** An application that knows what the examples connect to. */
async function prepared(env: Readonly<Record<string, string>>): Promise<TestApp> {
  const made = await startApp(env);
  const connections: [string, string, object][] = [
    ['shop', 'database', { driver: 'sqlite', file: 'shop.db' }],
    ['mail', 'smtp', { host: '127.0.0.1', port: smtp.port, from: 'm@example.com' }],
    ['silent_mail', 'smtp', { host: '127.0.0.1', port: silentMail.port, from: 'm@example.com' }],
    ['github', 'github', { token: 'ghp_x', api_url: github.url }],
    ['tools', 'mcp', everythingServer.config],
    ['models', 'llm', { provider: 'openai_compatible', base_url: models.url, model: 'm' }],
    ['silent_models', 'llm', { provider: 'openai_compatible', base_url: silentModels.url, model: 'm' }],
    ['silent_github', 'github', { token: 'ghp_x', api_url: github.url }],
  ];
  for (const [name, type, config] of connections) {
    const answer = await made.api.post('/connections', { name, type, config });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  }
  return made;
}

const fixtureOf = (name: string): NodeTypeFixture => FIXTURES[name] as NodeTypeFixture;

/** A model answers in its own wire format; the example of the type names any address. */
const goodConfig = (name: string): object =>
  name === 'llm' ? { connection: 'models', prompt: 'Hello' } : fixtureOf(name).good(outside.url);

const endlessConfig = (name: string): object | undefined =>
  name === 'llm' ? { connection: 'silent_models', prompt: 'Hello' } : fixtureOf(name).endless?.(outside.url);

async function start(name: string, steps: readonly object[], input: unknown = {}, on = api): Promise<string> {
  const made = await on.post('/workflows', { definition: { name, steps } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return await on.start(made.body.id as string, { input });
}

async function tested(id: string, condition: (found: StepView) => void): Promise<StepView> {
  return await eventually(async () => {
    const found = step(await api.execution(id), 'tested');
    condition(found);
    return found;
  });
}

/** A step of this type, and one that is held: after it, or beside it where it waits, or before it where it ends all. */
function besideHeld(name: string): object[] {
  const { kind } = fixtureOf(name);
  const step = {
    id: 'tested',
    type: name,
    config: goodConfig(name),
    on_error: 'continue',
    depends_on: [] as string[],
  };
  const held = { id: 'held', type: 'http', config: { url: `${outside.url}/${name}/held` }, depends_on: [] as string[] };
  if (kind === 'stop') return [held, { ...step, depends_on: ['held'] }];
  if (WAITS.has(kind)) return [step, held];
  return [step, { ...held, depends_on: ['tested'], join: 'all_done' }];
}

const callsButHeld = (): number => outside.calls.filter(({ url }) => !url.endsWith('/held')).length;

describe.each(NAMES)('in an execution, the node type %s', (name) => {
  it('loses nothing and does nothing twice when the process is lost in the middle', async () => {
    const { kind } = fixtureOf(name);
    outside.hold(`/${name}/held`);
    const id = await start(`lost ${name}`, besideHeld(name));
    await eventually(() => expect(outside.count(`/${name}/held`)).toBe(1));
    const isLater = kind === 'stop';
    const before = isLater
      ? null
      : await tested(id, ({ status }) =>
          expect(status).toBe(WAITS.has(kind) ? 'waiting' : kind === 'fail' ? 'failed' : 'completed'),
        );
    const [calls, mails] = [callsButHeld(), smtp.mails.length];
    await loseOwner(app, id);
    outside.letGo(`/${name}/held`);
    if (before === null) {
      expect(await api.reaches(id, 'completed')).toMatchObject({
        output: fixtureOf(name).good('')['output'] as object,
      });
      return;
    }
    await eventually(async () => expect(step(await api.execution(id), 'held').status).toBe('completed'));
    const after = await tested(id, ({ status }) => expect(status).toBe(before.status));
    expect(after).toEqual(before);
    expect([callsButHeld(), smtp.mails.length]).toEqual([calls, mails]);
    if (WAITS.has(kind)) expect((await api.post(`/executions/${id}/cancel`)).status).toBeLessThan(300);
  });

  it('shows no secret that its config holds', async () => {
    const id = await start(`secretive ${name}`, [
      {
        id: 'tested',
        type: name,
        config: SECRETIVE[name]?.(outside.url),
        input_mapping: { planted: '{{ secrets.planted }}' },
        on_error: 'continue',
      },
    ]);
    await eventually(async () => expect((await api.execution(id)).status).toMatch(/^(completed|failed|waiting)$/));
    for (const path of ['', '/steps', '/logs?level=debug', '/bundle'])
      expect(JSON.stringify((await api.get(`/executions/${id}${path}`)).body)).not.toContain(SECRET);
    for (const table of [
      'execution',
      'step_execution',
      'execution_log',
      'approval',
      'event',
      'event_wait',
      'memory',
      'step_journal',
    ]) {
      const rows = await app.db.database.query<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM ${table} t`);
      expect(rows.map(({ text }) => text).join('\n'), table).not.toContain(SECRET);
    }
    await api.post(`/executions/${id}/cancel`);
  });
});

describe.each(NAMES.filter((name) => fixtureOf(name).endless))(
  'in an execution, the node type %s, whose work may last,',
  (name) => {
    const endless = (more: object): object[] => [{ id: 'tested', type: name, config: endlessConfig(name), ...more }];
    it('is ended by the timeout of its step', async () => {
      const execution: ExecutionView = await api.reaches(
        await start(`timed ${name}`, endless({ timeout: '300ms' })),
        'failed',
      );
      expect(execution.error).toMatchObject({ code: 'timeout', step_path: 'tested' });
    });

    it('is ended by a cancel', async () => {
      const id = await start(`cancelled ${name}`, endless({}));
      await tested(id, ({ status }) => expect(status).toBe('running'));
      expect((await api.post(`/executions/${id}/cancel`)).status).toBeLessThan(300);
      expect(step(await api.reaches(id, 'cancelled'), 'tested').status).toBe('cancelled');
    });
  },
);

describe('a restart in the middle of work', () => {
  const lasting = NAMES.filter((name) => fixtureOf(name).endless);
  const keys = (): (string | undefined)[] =>
    outside.calls.filter(({ url }) => url === '/never').map(({ headers }) => headers['idempotency-key']?.toString());

  it('has each type do it again, as a further attempt with the same key', async () => {
    const from = keys().length;
    const folder = temporaryFolder();
    const settings = { WORKER_CONCURRENCY: '40', MILLRACE_DATA: folder, SHUTDOWN_GRACE: '100ms' };
    const first = await prepared(settings);
    const ids = new Map<string, string>();
    for (const name of lasting) {
      const steps = [{ id: 'tested', type: name, config: endlessConfig(name) }];
      ids.set(name, await start(`restarted ${name}`, steps, {}, first.api));
    }
    for (const id of ids.values())
      await eventually(async () => expect(step(await first.api.execution(id), 'tested').status).toBe('running'));
    await eventually(() => expect(keys().length - from).toBeGreaterThanOrEqual(3));
    await first.close();

    const second = await startApp(settings, first.db);
    for (const [name, id] of ids) {
      const again = await eventually(async () => {
        const found = step(await second.api.execution(id), 'tested');
        expect([name, found.attempt, found.status]).toEqual([name, 2, 'running']);
        return found;
      });
      expect(again.attempts).toMatchObject([{ attempt: 1, error: { code: 'interrupted' } }]);
    }
    await eventually(() => expect(keys().length - from).toBeGreaterThanOrEqual(6));
    const sent = keys()
      .slice(from)
      .filter((key) => key !== undefined);
    for (const name of ['slack', 'webhook'])
      expect(sent.filter((key) => key === `${ids.get(name)}:tested`)).toHaveLength(2);
    for (const id of ids.values()) await second.api.post(`/executions/${id}/cancel`);
    await second.close();
  });
});

const S = '{{ secrets.planted }}';
/** A secret wherever the type has a place for a text. */
const SECRETIVE: Readonly<Record<string, (url: string) => object>> = {
  agent: () => ({ agent_id: 'models', task: `Say ${S}`, tools: [{ mcp: 'tools', only: ['echo'] }] }),
  llm: () => ({ connection: 'models', system: S, prompt: `Say ${S}` }),
  mcp: () => ({ server: 'tools', tool: 'echo', arguments: { message: S } }),
  approval: () => ({ title: `Pay ${S}?`, message: S, assignees: [`${S}@example.com`] }),
  condition: () => ({
    expression: `secrets.planted == '${SECRET.slice(0, 3)}'`,
    then: [{ id: 'a', type: 'log', config: { message: S } }],
    else: [{ id: 'b', type: 'log', config: { message: S } }],
  }),
  emit: () => ({ type: 'order.paid', data: { order: S }, subject: S }),
  database: () => ({ connection: 'shop', operation: 'query', sql: 'SELECT ? AS one', params: [S] }),
  email: () => ({ connection: 'mail', to: 'ann@example.com', subject: S, text: S }),
  fail: () => ({ message: `with ${S}`, code: 'planted' }),
  github: () => ({ connection: 'github', operation: 'comment', repository: 'o/r', number: 1, body: S }),
  file: () => ({ operation: 'write', name: 'a.txt', content: S }),
  group: () => ({ steps: [{ id: 'a', type: 'set', config: { values: { x: S } } }] }),
  http: (url) => ({ method: 'POST', url: `${url}/secretive?q=${S}`, body: { a: S }, headers: { 'X-A': S } }),
  log: () => ({ message: S, data: { a: [S] } }),
  loop: () => ({ items: [S], steps: [{ id: 'a', type: 'set', config: { values: { x: '{{ item }}' } } }] }),
  memory: () => ({ operation: 'set', scope: 'global', key: 'contract', value: { a: S } }),
  parallel: () => ({ branches: { left: [{ id: 'a', type: 'set', config: { values: { x: S } } }] } }),
  respond: () => ({ headers: { 'X-A': S }, body: { a: S } }),
  script: () => ({ code: 'console.log(args); throw new Error(args);', args: S }),
  set: () => ({ values: { a: S, b: [`x${S}`] } }),
  slack: (url) => ({ webhook_url: `${url}/secretive`, text: S }),
  stop: () => ({ output: { a: S } }),
  subworkflow: () => ({ workflow: 'settle-invoice', input: { a: S } }),
  switch: () => ({ value: S, cases: [{ equals: S, steps: [{ id: 'a', type: 'log', config: { message: S } }] }] }),
  transform: () => ({ expression: '[secrets.planted, base64_encode(secrets.planted)]' }),
  wait_for_event: () => ({ event: `order.${S}`, match: 'event.data.a == input.planted', timeout: '1d' }),
  wait: () => ({ until: S }),
  webhook: (url) => ({ url: `${url}/secretive`, payload: { a: S }, secret: S }),
};

const MIB = 'x'.repeat(1024 * 1024);

interface Oversize {
  readonly config: object;
  readonly code: string;
  readonly before?: readonly object[];
}

/** More than an output may have (16 MiB), or than what the type itself says. */
const OVERSIZE: Readonly<Record<string, (url: string) => Oversize>> = {
  memory: () => ({
    config: { operation: 'set', key: 'large', value: '{{ input.text }}' },
    code: 'memory_value_invalid',
  }),
  database: () => ({
    config: { connection: 'shop', operation: 'query', sql: 'SELECT hex(zeroblob(9 * 1024 * 1024)) AS v' },
    code: 'output_too_large',
  }),
  file: (url) => ({
    before: [{ id: 'load', type: 'http', config: { url: `${url}/large`, response: 'file' } }],
    config: { operation: 'read', name: 'large' },
    code: 'output_too_large',
  }),
  http: (url) => ({ config: { url: `${url}/large` }, code: 'response_too_large' }),
  script: () => ({ config: { code: "return 'x'.repeat(2 * 1024 * 1024);" }, code: 'script_output_too_large' }),
  set: () => ({
    config: { values: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, '{{ input.text }}'])) },
    code: 'output_too_large',
  }),
};
/** Those whose output is what they are given go the way of `set`, those with steps inside give what these gave; the rest gives a few short fields. */
const BOUNDED = {
  set: ['agent', 'llm', 'mcp', 'log', 'respond', 'stop', 'transform', 'wait_for_event', 'approval'],
  gathered: ['group', 'loop', 'parallel', 'subworkflow'],
  short: ['condition', 'emit', 'email', 'fail', 'github', 'slack', 'switch', 'wait', 'webhook'],
};

describe('what is too large', () => {
  it('is tried for every type that can give it', () => {
    expect([...Object.keys(OVERSIZE), ...Object.values(BOUNDED).flat()].sort()).toEqual([...NAMES].sort());
  });

  it.each(Object.keys(OVERSIZE))('fails the step of type %s with a code that says so', async (name) => {
    const { config, code, before = [] } = OVERSIZE[name]?.(large.url) as Oversize;
    const id = await start(`oversize ${name}`, [...before, { id: 'tested', type: name, config }], { text: MIB });
    const execution = await api.reaches(id, 'failed');
    expect(execution.error).toMatchObject({ code, step_path: 'tested' });
    expect(step(execution, 'tested')).toMatchObject({ status: 'failed', attempt: 1 });
  });
});
