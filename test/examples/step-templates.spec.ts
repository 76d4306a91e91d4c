import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { step, type ExecutionView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { EXAMPLES } from './world.js';

const FOLDER = join(EXAMPLES, 'step-templates');
const FILES = readdirSync(FOLDER);
const NAMES = FILES.map((file) => file.replace(/\.json$/, ''));

let app: TestApp;
let shop: RecordingServer;
let smtp: TestSmtp;
let answer: Answer = (_call, response) => sendJson(response, {});

beforeAll(async () => {
  smtp = await startSmtp();
  shop = await startRecordingServer((call, response) => answer(call, response));
  app = await startApp({ SMTP_URL: smtp.url, MAIL_FROM: 'm@example.com', MILLRACE_DATA: temporaryFolder() });
  for (const file of FILES) {
    const made = await app.api.post('/node-templates', JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
    expect(made.status, `${file}: ${JSON.stringify(made.body)}`).toBe(201);
  }
  await app.api.post('/connections', { name: 'shop', type: 'database', config: { driver: 'sqlite', file: 't.db' } });
});

interface Use {
  readonly template: string;
  readonly with: object;
  readonly more?: object;
}

async function begin(name: string, uses: readonly Use[]): Promise<string> {
  const steps = uses.map((use, index) => ({
    id: `s${index}`,
    template: `${use.template}@1`,
    with: use.with,
    ...use.more,
  }));
  const made = await app.api.post('/workflows', { definition: { name, steps } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id as string;
}

async function run(name: string, ...uses: Use[]): Promise<ExecutionView> {
  return await app.api.reaches(await app.api.start(await begin(name, uses)), 'completed');
}

const outputs: Readonly<Record<string, () => Promise<void>>> = {
  'http-json': async () => {
    const replies = [503, 200];
    answer = (_call, response) => sendJson(response, { id: 7 }, replies.shift());
    const body = { a: 1 };
    const use = { url: `${shop.url}/j`, method: 'PUT', body, token: 't' };
    const done = await run('json', { template: 'http-json', with: use });
    expect(done.output).toMatchObject({ status_code: 200, body: { id: 7 } });
    const calls = shop.calls.filter(({ url }) => url === '/j');
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(['Bearer t', 'Bearer t']);
    expect(calls[1]?.body).toBe('{"a":1}');
  },

  'http-pages': async () => {
    answer = ({ url }, response) =>
      sendJson(
        response,
        url.includes('cursor=b') ? { data: [3], next_cursor: null } : { data: [1, 2], next_cursor: 'b' },
      );
    const done = await run('pages', { template: 'http-pages', with: { url: `${shop.url}/pages` } });
    expect(done.output).toMatchObject({ body: [1, 2, 3], pages: 2, truncated: false });
  },

  'poll-until': async () => {
    const states = ['queued', 'running', 'done'];
    answer = (_call, response) => sendJson(response, { status: states.shift(), file: 'a' });
    const done = await run('poll', { template: 'poll-until', with: { url: `${shop.url}/poll`, every: '10ms' } });
    expect(done.output).toEqual({ status: 'done', file: 'a' });
    expect(shop.count('/poll')).toBe(3);
  },

  'download-file': async () => {
    answer = (_call, response) => response.end('0123456789');
    const done = await run('download', { template: 'download-file', with: { url: `${shop.url}/a/report.txt` } });
    expect(done.output).toMatchObject({ file: 'report.txt', size: 10 });
  },

  'csv-file': async () => {
    const rows = [
      { id: 1, name: 'Ada "A", B' },
      { id: 2, note: 'x\ny' },
    ];
    const done = await run('csv', { template: 'csv-file', with: { rows, name: 'people.csv' } });
    const content = await app.api.get(`/executions/${done.id}/files/${done.output.id}`);
    expect(content.body).toBe('id,name,note\r\n1,"Ada ""A"", B",\r\n2,,"x\ny"\r\n');
  },

  'sum-by': async () => {
    const rows = [
      { city: 'Oslo', n: 1 },
      { city: 'Rome', n: 2 },
      { city: 'Oslo', n: 4 },
    ];
    const done = await run('sum', { template: 'sum-by', with: { rows, by: 'city', field: 'n' } });
    expect(done.output.rows).toEqual([
      { city: 'Oslo', n: 5 },
      { city: 'Rome', n: 2 },
    ]);
  },

  'upsert-rows': async () => {
    const create = await app.api.run(
      'name: create\nsteps: [{id: a, type: database, config: {connection: shop, operation: execute, sql: "CREATE TABLE price (id integer PRIMARY KEY, cents integer)"}}]',
    );
    expect(create.status).toBe('completed');
    const rows = [
      { id: 1, cents: 10 },
      { id: 2, cents: 20 },
    ];
    const use = { connection: 'shop', table: 'price', key: ['id'], rows };
    expect((await run('upsert', { template: 'upsert-rows', with: use })).output.row_count).toBe(2);
    const again = { ...use, rows: [{ id: 2, cents: 30 }] };
    await run('upsert again', { template: 'upsert-rows', with: again });
    const read = await app.api.run(
      'name: read\nsteps: [{id: a, type: database, config: {connection: shop, operation: query, sql: "SELECT * FROM price ORDER BY id"}}]',
    );
    expect(read.output.rows).toEqual([rows[0], { id: 2, cents: 30 }]);
  },

  'once-per-key': async () => {
    const workflow = await begin('once', [{ template: 'once-per-key', with: { key: '{{ input.order }}' } }]);
    const first = async (order: string): Promise<boolean> =>
      (await app.api.reaches(await app.api.start(workflow, { input: { order } }), 'completed')).output.first as boolean;
    expect([await first('a'), await first('a'), await first('b')]).toEqual([true, false, true]);
  },

  'signed-webhook': async () => {
    answer = (_call, response) => sendJson(response, {});
    const use = { url: `${shop.url}/hook`, payload: { a: 1 }, secret: 'a secret of the two' };
    await run('signed', { template: 'signed-webhook', with: use });
    const call = shop.calls.find(({ url }) => url === '/hook');
    expect(call?.headers['webhook-signature']).toMatch(/^v1,/);
    expect(call?.body).toBe('{"a":1}');
  },

  'notify-slack': async () => {
    answer = (_call, response) => sendJson(response, {}, 500);
    const done = await run('slack', {
      template: 'notify-slack',
      with: { webhook_url: `${shop.url}/slack`, text: 'Hi' },
    });
    expect(step(done, 's0').status).toBe('failed');
    expect(shop.calls.find(({ url }) => url === '/slack')?.body).toContain('"text":"Hi"');
  },

  'mail-file': async () => {
    await run(
      'mail',
      { template: 'csv-file', with: { rows: [{ a: 1 }] } },
      { template: 'mail-file', with: { to: 'ann@example.com', subject: 'Rows', file: '{{ steps.s0.output.name }}' } },
    );
    expect(smtp.mails.at(-1)?.text).toContain('filename=rows.csv');
  },

  'ask-or-fail': async () => {
    const ask = async (decision: string, status: string): Promise<ExecutionView> => {
      const title = `Pay? ${decision}`;
      const id = await app.api.start(
        await begin(`ask ${decision}`, [{ template: 'ask-or-fail', with: { title, assignees: ['a@example.com'] } }]),
      );
      const approval = await eventually(async () => {
        const { body } = await app.api.get('/approvals?status=pending');
        const found = body.items.find((one: { execution_id: string }) => one.execution_id === id);
        expect(found).toBeDefined();
        return found.id as string;
      });
      expect((await app.api.post(`/approvals/${approval}/decide`, { decision })).status).toBe(200);
      return await app.api.reaches(id, status);
    };
    expect((await ask('approve', 'completed')).output).toMatchObject({ decision: 'approve' });
    expect((await ask('reject', 'failed')).error).toMatchObject({ code: 'not_approved' });
  },

  cursor: async () => {
    const workflow = await begin('cursors', [
      { template: 'cursor', with: { start: 0 } },
      {
        template: 'remember-cursor',
        with: { value: '{{ steps.s0.output.value + 10 }}', revision: '{{ steps.s0.output.revision }}' },
      },
    ]);
    const next = async (): Promise<unknown> =>
      (await app.api.reaches(await app.api.start(workflow), 'completed')).output.value;
    expect([await next(), await next(), await next()]).toEqual([10, 20, 30]);
  },

  'remember-cursor': async () => {
    const use = { value: 5, revision: 3 };
    const id = await app.api.start(await begin('late', [{ template: 'remember-cursor', with: use }]));
    expect((await app.api.reaches(id, 'failed')).error?.code).toBe('revision_mismatch');
  },
};

describe('the library of step templates', () => {
  it('is listed in the README, and each of it is used here', () => {
    const readme = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    expect(NAMES.length).toBeGreaterThanOrEqual(12);
    for (const name of NAMES) expect(readme).toContain(`(step-templates/${name}.json)`);
    expect(Object.keys(outputs).sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('%s does what it says', async (name) => {
    await outputs[name]?.();
  });
});
