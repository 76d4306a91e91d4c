import { Redis } from 'ioredis';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { allItems, clientOf, sharedBackends } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { startServer, type ServerOptions, type TestServer } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';

/** One that may stand in a header, one that shows itself otherwise in every form, one that only a connection holds. */
const SECRETS = {
  header_token: 'planted-header-4f9a1c7e5b',
  odd_token: 'planted "ödd" +/&=?% \\ 7d2c88',
  hook_token: 'planted-hook-91be0347cd',
  mail_password: 'planted-mail-c0ffee5519',
} as const;

const WORKFLOW = (target: string, smtp: TestSmtp) => `
name: Planted
defaults: {retry: {max_attempts: 2, initial_delay: 1ms}}
steps:
  - id: bearer
    type: http
    config: {method: POST, url: "${target}/echo?key={{ secrets.header_token }}", auth: {type: bearer, token: "{{ secrets.header_token }}"}, body: {deep: [{inner: "{{ secrets.odd_token }}"}], "{{ secrets.header_token }}": 1}}
  - id: basic
    type: http
    config: {method: POST, url: ${target}/echo, query: {q: "{{ secrets.odd_token }}"}, auth: {type: basic, username: u, password: "{{ secrets.odd_token }}"}, headers: {Content-Type: application/x-www-form-urlencoded}, body: {f: "{{ secrets.odd_token }}"}}
  - {id: refused, type: http, on_error: continue, config: {method: POST, url: ${target}/refuse, body: {a: "{{ secrets.odd_token }}"}}}
  - {id: gone, type: http, on_error: continue, config: {url: "http://127.0.0.1:1/{{ secrets.header_token }}"}}
  - {id: no_url, type: http, on_error: continue, config: {url: "nothing {{ secrets.header_token }}"}}
  - {id: no_method, type: http, on_error: continue, config: {url: ${target}, method: "{{ secrets.header_token }}"}}
  - {id: script, type: script, config: {env: {TOKEN: "{{ secrets.odd_token }}"}, args: {b: "{{ base64_encode(secrets.odd_token) }}"}, code: "console.log('env', env.TOKEN); return {plain: env.TOKEN, coded: args.b, wrapped: JSON.stringify({t: env.TOKEN})};"}}
  - {id: thrown, type: script, on_error: continue, config: {env: {TOKEN: "{{ secrets.odd_token }}"}, code: "throw new Error('with ' + env.TOKEN);"}}
  - {id: shell, type: script, on_error: continue, config: {runtime: bash, env: {TOKEN: "{{ secrets.odd_token }}"}, code: "echo out $TOKEN; echo err $TOKEN >&2; exit 3"}}
  - {id: table, type: database, config: {connection: planted_shop, operation: execute, sql: "CREATE TABLE planted (v text)"}}
  - {id: row, type: database, config: {connection: planted_shop, operation: insert, table: planted, values: {v: "{{ secrets.odd_token }}"}}}
  - {id: rows, type: database, config: {connection: planted_shop, operation: query, sql: "SELECT v, ? AS again FROM planted", params: ["{{ secrets.header_token }}"]}}
  - {id: broken, type: database, on_error: continue, config: {connection: planted_shop, operation: query, sql: "SELECT * FROM nowhere WHERE v = ?", params: ["{{ secrets.odd_token }}"]}}
  - {id: values, type: set, config: {values: {plain: "{{ secrets.header_token }}", coded: "{{ base64_encode('user:' + secrets.header_token) }}", json: "{{ json({'k': secrets.odd_token}) }}"}}}
  - {id: line, type: log, config: {message: "says {{ secrets.odd_token }}", data: {k: "{{ secrets.header_token }}"}}}
  - {id: wrong, type: transform, on_error: continue, config: {expression: "{{ int(secrets.header_token) }}"}}
  - {id: paper, type: file, config: {operation: write, name: planted.txt, content: "holds {{ secrets.odd_token }}"}}
  - {id: mail, type: email, config: {connection: planted_mail, to: ann@example.com, subject: "s {{ secrets.header_token }}", text: "{{ secrets.odd_token }}"}}
  - {id: bad_mail, type: email, on_error: continue, config: {connection: planted_mail, to: "{{ secrets.header_token }}", subject: s, text: t}}
  - {id: each, type: loop, config: {items: ["{{ secrets.header_token }}"], steps: [{id: one, type: log, config: {message: "{{ item }}"}}]}}
  - {id: keep, type: memory, config: {operation: set, scope: global, key: planted, value: {k: "{{ secrets.odd_token }}"}}}
  - {id: tell, type: emit, config: {type: planted.told, data: {k: "{{ secrets.odd_token }}"}}}
  - {id: signed, type: webhook, config: {url: ${target}/signed, payload: {k: "{{ secrets.odd_token }}"}, secret: "whsec_{{ base64_encode(secrets.header_token) }}"}}
  - {id: last, type: fail, on_error: continue, config: {message: "failed with {{ secrets.odd_token }}", code: planted}}
  - {id: ask, type: approval, config: {title: "For {{ secrets.header_token }}", message: "{{ secrets.odd_token }}", timeout: 1h}}
triggers:
  - {type: webhook, name: Hook, config: {path: /planted, auth: {type: bearer, token: "{{ secrets.hook_token }}"}}}
# ${smtp.port}
`;

describe.each(sharedBackends())('secrets planted everywhere, on %s', (_name, open) => {
  let options: ServerOptions;
  let server: TestServer;
  let api: Api;
  let echo: RecordingServer;
  let execution: string;

  beforeAll(async () => {
    const smtp = await startSmtp({ username: 'mailer', password: SECRETS.mail_password });
    echo = await startRecordingServer((call, response) => {
      const status = call.url.startsWith('/refuse') ? 400 : 200;
      response.writeHead(status, { 'content-type': 'application/json', 'x-echo': 'yes' }).end(JSON.stringify(call));
    });
    options = await open();
    server = await startServer({ ...options, env: { LOG_LEVEL: 'debug', SCRIPT_RUNTIMES: 'javascript,bash' } });
    api = clientOf(server);
    for (const [name, value] of Object.entries(SECRETS))
      expect((await api.post('/secrets', { name, value })).status).toBe(201);
    const mail = { host: '127.0.0.1', port: smtp.port, username: 'mailer', password: SECRETS.mail_password };
    await connect('planted_mail', 'smtp', mail);
    await connect('planted_shop', 'database', { driver: 'sqlite', file: 'planted.db' });
    const workflow = await api.create(WORKFLOW(echo.url, smtp));
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    const wrong = await api.call('POST', '/webhook/planted', { a: 1 }, { authorization: 'Bearer wrong' });
    expect(wrong.status).toBe(401);
    const fired = await api.call(
      'POST',
      '/webhook/planted',
      { a: 1 },
      { authorization: `Bearer ${SECRETS.hook_token}` },
    );
    expect(fired.status, JSON.stringify(fired.body)).toBe(202);
    execution = fired.body.execution_id as string;
    await api.reaches(execution, 'waiting');
    expect(smtp.mails).toHaveLength(1);
  });

  async function connect(name: string, type: string, config: object): Promise<void> {
    const { status, body } = await api.post('/connections', { name, type, config });
    expect(status, JSON.stringify(body)).toBe(201);
  }

  it('come to where they are for', async () => {
    const steps = (await api.execution(execution)).step_executions;
    const failed = steps.filter(({ status }) => status === 'failed').map(({ step_id }) => step_id);
    expect(failed.sort()).toEqual('bad_mail broken gone last no_method no_url refused shell thrown wrong'.split(' '));
    const [bearer] = echo.calls;
    expect(bearer?.headers.authorization).toBe(`Bearer ${SECRETS.header_token}`);
    expect(bearer?.body).toContain(JSON.stringify(SECRETS.odd_token));
  });

  it('are in no answer of the API', async () => {
    const paths = ['', '/steps', '/timeline', '/files', '/bundle', '/graph'].map(
      (part) => `/executions/${execution}${part}`,
    );
    const lists = [
      '/executions',
      '/workflows',
      '/secrets',
      '/connections',
      '/audit-log',
      '/approvals',
      '/events?type=planted.told',
    ];
    const steps = (await api.execution(execution)).step_executions;
    for (const path of [...paths, '/memory/global/planted', '/metrics', ...lists]) {
      const { status, body } = await api.get(path);
      if (path !== '/metrics') expect(status, path).toBe(200);
      expect(shownIn(JSON.stringify(body)), path).toEqual([]);
    }
    for (const { id, step_id } of steps)
      expect(shownIn(JSON.stringify((await api.get(`/step-executions/${id}/output`)).body)), step_id).toEqual([]);
    const lines = await allItems<object>(api, `/executions/${execution}/logs?level=debug`);
    expect(lines.length).toBeGreaterThan(5);
    expect(shownIn(JSON.stringify(lines))).toEqual([]);
  });

  it('are in no log', () => {
    expect(server.logs().length).toBeGreaterThan(1_000);
    expect(shownIn(server.logs())).toEqual([]);
  });

  it('are in no row of any table, the queue on PostgreSQL included', async () => {
    // The audit log is written behind the answers.
    await eventually(async () =>
      expect((await api.get('/audit-log?action=secrets.create')).body.items).toHaveLength(4),
    );
    const client = new Client({ connectionString: options.databaseUrl });
    await client.connect();
    try {
      const { rows: tables } = await client.query<{ name: string }>(
        `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
      );
      expect(tables.length).toBeGreaterThan(20);
      let seen = 0;
      for (const { name } of tables) {
        const { rows } = await client.query<{ text: string }>(`SELECT row_to_json(t)::text AS text FROM ${name} t`);
        seen += rows.length;
        for (const { text } of rows) expect(shownIn(text), name).toEqual([]);
        // Bytes show as hex; texts in them are looked for as they are.
        for (const { text } of rows)
          for (const [hex] of text.matchAll(/(?<=\\\\x)[0-9a-f]{16,}/g))
            expect(shownIn(Buffer.from(hex, 'hex').toString()), name).toEqual([]);
      }
      expect(seen).toBeGreaterThan(50);
    } finally {
      await client.end();
    }
  });

  it('are under no key of Redis', async () => {
    if (options.redisUrl === undefined) return;
    const redis = new Redis(options.redisUrl);
    const keys = await redis.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const dumped = await redis.dumpBuffer(key);
      expect(shownIn(`${key} ${dumped.toString()}`)).toEqual([]);
    }
    redis.disconnect();
  });
});

/** The secrets that a text shows, in any form that a person could read back. */
function shownIn(text: string): string[] {
  return Object.entries(FORMS).flatMap(([name, forms]) => (forms.some((form) => text.includes(form)) ? [name] : []));
}

const FORMS = Object.fromEntries(
  Object.entries(SECRETS).map(([name, secret]) => {
    const json = JSON.stringify(secret).slice(1, -1);
    const base64 = ['', 'u:', 'mailer:', 'user:'].map((before) =>
      Buffer.from(before + secret)
        .toString('base64')
        .replace(/=+$/, '')
        .slice(before.length === 0 ? 0 : 12),
    );
    const url = [encodeURIComponent(secret), new URLSearchParams({ a: secret }).toString().slice(2)];
    const all = [
      secret,
      json,
      JSON.stringify(json).slice(1, -1),
      ...base64,
      ...url,
      Buffer.from(secret).toString('base64url'),
    ];
    return [name, all];
  }),
);
