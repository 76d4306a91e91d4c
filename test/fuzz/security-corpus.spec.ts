import { beforeAll, describe, expect, it } from 'vitest';
import { step, type ExecutionView, type StepView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import * as corpus from './corpus.js';

let app: TestApp;
/** May call the server that plays the outside; the other one may not. */
let reachable: TestApp;
let outside: RecordingServer;
let smtp: TestSmtp;

beforeAll(async () => {
  outside = await startRecordingServer(({ url }, response) => {
    const to = new URL(url, 'http://x').searchParams.get('to');
    if (to === null) response.end('reached');
    else response.writeHead(302, { location: to }).end();
  });
  smtp = await startSmtp();
  reachable = await startApp({ HTTP_ALLOW_PRIVATE: '127.0.0.1/32' });
  app = await startApp({
    HTTP_ALLOW_PRIVATE: '',
    SMTP_URL: smtp.url,
    MAIL_FROM: 'm@example.com',
    SCRIPTS_DIR: temporaryFolder(),
    MILLRACE_DATA: temporaryFolder(),
  });
  await app.api.post('/connections', { name: 'guarded', type: 'database', config: { driver: 'sqlite', file: 'g.db' } });
  await run([
    {
      type: 'database',
      config: { connection: 'guarded', operation: 'execute', sql: 'CREATE TABLE guarded (id int, name text)' },
    },
  ]);
});

/** Runs steps beside each other, each allowed to fail; `input` holds what no validation sees beforehand. */
async function run(steps: readonly object[], input: unknown = {}, { api } = app): Promise<ExecutionView> {
  const all = steps.map((each, index) => ({ id: `s${index}`, depends_on: [], on_error: 'continue', ...each }));
  const definition = { name: 'Corpus', steps: all };
  const made = await api.post('/workflows', { definition });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const answer = await api.post(`/workflows/${made.body.id}/execute`, { input, wait: true, wait_timeout: '55s' });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as ExecutionView;
}

/** One step for each attack; the attack is the item at the same place of `input`. */
async function each(attacks: readonly unknown[], of: (attack: string) => object, on = app): Promise<StepView[]> {
  const execution = await run(
    attacks.map((_, index) => of(`input.attacks[${index}]`)),
    { attacks },
    on,
  );
  return attacks.map((_, index) => step(execution, `s${index}`));
}

const codes = (steps: readonly StepView[]) => steps.map(({ error }) => error?.code);

describe('an outgoing call', () => {
  it('reaches no private address, however it is written', async () => {
    const urls = corpus.PRIVATE_HOSTS.map((host) => `http://${host}:${new URL(outside.url).port}/`);
    const steps = await each(urls, (url) => ({ type: 'http', config: { url: `{{ ${url} }}` } }));
    steps.forEach(({ error }, index) => {
      expect(
        ['address_not_allowed', 'url_invalid', 'config_invalid', 'network_error'],
        `${corpus.PRIVATE_HOSTS[index]}: ${error?.message}`,
      ).toContain(error?.code);
    });
    expect(outside.calls).toEqual([]);
  });

  it('is not led to one by a redirect', async () => {
    const port = new URL(outside.url).port;
    const hosts = [
      '127.0.0.2',
      '[::1]',
      '10.0.0.1',
      '169.254.169.254',
      '0x7f000002',
      '2130706434',
      '[::ffff:127.0.0.2]',
    ];
    const steps = hosts.map((host, index) => ({
      id: `s${index}`,
      depends_on: [],
      on_error: 'continue',
      type: 'http',
      config: { url: outside.url, query: { to: `http://${host}:${port}/inner` } },
    }));
    const { body } = await reachable.api.post('/workflows', { definition: { name: 'r', steps } });
    const execution = await reachable.api.reaches(await reachable.api.start(body.id as string), 'completed');
    expect(hosts.map((_, index) => step(execution, `s${index}`).error?.code)).toEqual(
      hosts.map(() => 'address_not_allowed'),
    );
    expect(outside.calls.filter(({ url }) => url === '/inner')).toEqual([]);
  });

  it('knows http and https only', async () => {
    const steps = await each(corpus.NO_HTTP, (url) => ({ type: 'http', config: { url: `{{ ${url} }}` } }));
    for (const code of codes(steps))
      expect(['url_invalid', 'config_invalid', 'network_error', 'address_not_allowed']).toContain(code);
  });

  it('carries no header that a value smuggled in', async () => {
    const before = outside.calls.length;
    const send = (value: string) => ({ type: 'http', config: { url: outside.url, headers: { 'X-Value': value } } });
    const steps = await each(corpus.HEADER_INJECTIONS, (value) => send(`{{ ${value} }}`), reachable);
    for (const { status } of steps) expect(status).toBe('failed');
    expect(outside.calls.slice(before)).toEqual([]);
    await run([send('harmless')], {}, reachable);
    expect(outside.calls.length).toBe(before + 1);
  });
});

describe('a mail', () => {
  it('carries no header or recipient that a value smuggled in', async () => {
    await each(corpus.HEADER_INJECTIONS, (value) => ({
      type: 'email',
      config: { to: 'ann@example.com', subject: `{{ ${value} }}`, text: 'x' },
    }));
    await each(corpus.HEADER_INJECTIONS, (value) => ({
      type: 'email',
      config: { to: `{{ 'ann@example.com' + ${value} }}`, subject: 's', text: 'x' },
    }));
    for (const { text, to } of smtp.mails) {
      expect(text).not.toMatch(/^X-Injected/m);
      expect(to).toEqual(['ann@example.com']);
    }
  });
});

describe('a script', () => {
  it('finds no way out of its sandbox', async () => {
    const steps = corpus.SANDBOX_ESCAPES.map((code) => ({ type: 'script', config: { code, timeout: '10s' } }));
    const execution = await run(steps);
    corpus.SANDBOX_ESCAPES.forEach((code, index) => {
      const { status, output } = step(execution, `s${index}`);
      expect(status === 'failed' || output.result !== 'escaped', code).toBe(true);
    });
  });

  it('changes no prototype for what runs after it, nor by what it returns', async () => {
    const execution = await run(corpus.POLLUTION_SCRIPTS.map((code) => ({ type: 'script', config: { code } })));
    expect(execution.status).toBe('completed');
    const after = await run([
      { type: 'script', config: { code: 'return [typeof ({}).polluted, JSON.stringify([1])];' } },
    ]);
    expect(step(after, 's0').output.result).toEqual(['undefined', '[1]']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('comes from no file outside of its folder', async () => {
    for (const script of corpus.PATH_ESCAPES) {
      const definition = { name: 'x', steps: [{ id: 'a', type: 'script', config: { script } }] };
      const { body } = await app.api.post('/workflows/validate', { definition });
      if (body.valid) {
        const execution = await run([{ type: 'script', config: { script } }]);
        expect(step(execution, 's0').status, script).toBe('failed');
      }
    }
  });
});

describe('an expression', () => {
  it('reaches nothing but data', async () => {
    for (const source of corpus.EXPRESSION_ESCAPES) {
      const definition = { name: 'x', steps: [{ id: 'a', type: 'set', config: { values: { x: `{{ ${source} }}` } } }] };
      const { body } = await app.api.post('/workflows/validate', { definition });
      if (!body.valid) continue;
      const execution = await run([{ type: 'set', config: definition.steps[0]!.config }]);
      expect(step(execution, 's0').error?.code, source).toBe('expression_failed');
    }
  });
});

describe('a body', () => {
  it('changes no prototype, wherever it comes in', async () => {
    const workflow = await app.api.create(
      'name: Bodies\nsteps: [{id: a, type: set, config: {values: {got: "{{ json(input) }}"}}}]\ntriggers: [{type: webhook, config: {path: /bodies}}]\n',
    );
    expect((await app.api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    const json = { 'content-type': 'application/json' };
    for (const body of corpus.POLLUTED_BODIES) {
      for (const path of [
        '/webhook/bodies',
        `/workflows/${workflow}/execute`,
        '/workflows',
        '/events',
        '/node-templates',
      ]) {
        const { status } = await app.api.call('POST', path, body, json);
        expect(status, `${path} ${body}`).toBeLessThan(500);
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });
});

describe('a database step', () => {
  it('takes no value for SQL', async () => {
    const steps = await each(corpus.SQL_INJECTIONS, (value) => ({
      type: 'database',
      config: {
        connection: 'guarded',
        operation: 'insert',
        table: 'guarded',
        values: { id: 1, name: `{{ ${value} }}` },
      },
    }));
    for (const { status, error } of steps) expect(status, error?.message).toBe('completed');
    const rows = await run([
      { type: 'database', config: { connection: 'guarded', operation: 'query', sql: 'SELECT name FROM guarded' } },
      ...corpus.SQL_INJECTIONS.map((name) => ({
        type: 'database',
        config: { connection: 'guarded', operation: 'delete', table: 'guarded', where: { id: name } },
      })),
      {
        type: 'database',
        config: {
          connection: 'guarded',
          operation: 'query',
          sql: 'SELECT count(*) AS n FROM guarded WHERE name = ?',
          params: ["' OR '1'='1"],
        },
      },
    ]);
    const names = step(rows, 's0').output.rows.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual([...corpus.SQL_INJECTIONS].sort());
    expect(step(rows, `s${corpus.SQL_INJECTIONS.length + 1}`).output.rows).toEqual([{ n: 1 }]);
  });

  it('takes no expression in the text of its SQL or in a name', async () => {
    for (const config of [
      { operation: 'query', sql: 'SELECT * FROM guarded WHERE name = {{ input.x }}' },
      { operation: 'insert', table: '{{ input.x }}', values: { id: 1 } },
      { operation: 'query', sql: "SELECT '{{ secrets.x }}'" },
    ]) {
      const definition = {
        name: 'x',
        steps: [{ id: 'a', type: 'database', config: { connection: 'guarded', ...config } }],
      };
      const { body } = await app.api.post('/workflows/validate', { definition });
      expect(body.errors).toMatchObject([{ code: 'template_in_sql' }]);
    }
  });
});

describe('a file', () => {
  it('has no name that leads elsewhere', async () => {
    const steps = await each(
      corpus.PATH_ESCAPES.filter((path) => /[/\\\u0000]/.test(path)),
      (name) => ({
        type: 'file',
        config: { operation: 'write', name: `{{ ${name} }}`, content: 'x' },
      }),
    );
    for (const code of codes(steps)) expect(['file_name_invalid', 'config_invalid']).toContain(code);
  });
});
