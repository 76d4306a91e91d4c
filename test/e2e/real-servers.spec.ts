import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { fences } from '../support/markdown.js';
import { ROOT } from '../support/paths.js';
import { postgresOverTcp } from '../support/postgres-over-tcp.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { createTestDatabase } from '../support/test-database.js';

const PRICES = {
  rows: [
    { id: 1, name: "O'Neil", price: 250 },
    { id: 2, name: 'Zoë; DROP', price: 50 },
  ],
};
let app: TestApp;
let shop: RecordingServer;
let smtp: TestSmtp;
let warehouse: Client;
let answers: number[] = [];

beforeAll(async () => {
  smtp = await startSmtp();
  shop = await startRecordingServer((_call, response) => {
    response.writeHead(answers.shift() ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(PRICES));
  });
  const scripts = temporaryFolder();
  mkdirSync(scripts, { recursive: true });
  writeFileSync(
    join(scripts, 'transform.js'),
    'console.log(JSON.stringify({ rows: input.raw_data.rows.map((row) => ({ ...row, price: row.price / 100 })) }));',
  );
  app = await startApp({
    SMTP_URL: smtp.url,
    MAIL_FROM: 'millrace@example.com',
    SCRIPTS_DIR: scripts,
    SCRIPT_RUNTIMES: 'javascript,node',
  });
  const url = await postgresOverTcp((await createTestDatabase({ empty: true })).url);
  warehouse = new Client({ connectionString: url });
  // The server that it talks to may go before it does.
  warehouse.on('error', () => undefined);
  await warehouse.connect();
  await warehouse.query('CREATE TABLE article (id int PRIMARY KEY, name text, price numeric)');
  const made = await app.api.post('/connections', { name: 'warehouse', type: 'database', config: { url } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await app.api.post('/secrets', { name: 'api_token', value: 'token-of-the-shop' });
  return () => warehouse.end();
});

const articles = async (): Promise<unknown[]> =>
  (await warehouse.query('SELECT id, name, price::float8 AS price FROM article ORDER BY id')).rows;

const CHAIN = (url: string) => `
name: Price list
steps:
  - {id: fetch, type: http, config: {url: "${url}/prices", auth: {type: bearer, token: "{{ secrets.api_token }}"}}, retry_policy: {max_attempts: 3, initial_delay: 1ms}}
  - id: convert
    type: script
    config: {args: {rows: "{{ steps.fetch.output.body.rows }}"}, code: "const rows = args.rows.map((row) => ({...row, price: row.price / 100})); return {rows, csv: rows.map((row) => row.id + ';' + row.price).join(';')};"}
  - id: each
    type: loop
    config: {items: "{{ steps.convert.output.result.rows }}", steps: [
      {id: save, type: database, config: {connection: warehouse, operation: upsert, table: article, key: [id], values: "{{ item }}"}}]}
  - {id: total, type: database, config: {connection: warehouse, operation: query, sql: "SELECT count(*)::int AS n, sum(price)::float8 AS total FROM article WHERE price > $1", params: [0]}}
  - {id: sheet, type: file, config: {operation: write, name: prices.csv, type: text/csv, content: "{{ steps.convert.output.result.csv }}"}}
  - {id: tell, type: email, config: {to: [ann@example.com, bob@example.com], subject: "{{ steps.total.output.rows[0].n }} prices", text: "Together {{ steps.total.output.rows[0].total }}", attachments: [{file: prices.csv}]}}
output: {rows: "{{ steps.total.output.rows[0].n }}", told: "{{ steps.tell.output.accepted }}"}
`;

/** The large example of the language, as the reference shows it: all of its parts at once. */
const page = readFileSync(join(ROOT, 'docs/reference/definition.md'), 'utf8');
const EXAMPLE = fences({ path: 'definition.md', text: page }).find(({ text }) => text.includes('Data processing'));
const LARGE = (url: string): string =>
  (EXAMPLE?.text ?? '')
    .replace('https://shop.example/prices', `${url}/prices`)
    // Nobody waits for half a minute here.
    .replace('initial_delay: 30s', 'initial_delay: 1ms');

describe('against real servers', () => {
  it('a chain fetches, converts, saves, and tells by mail; what fails on the way is tried again', async () => {
    answers = [503];
    const execution = await app.api.run(CHAIN(shop.url));
    expect(execution.status, JSON.stringify(execution.error)).toBe('completed');
    expect(execution.output).toEqual({ rows: 2, told: ['ann@example.com', 'bob@example.com'] });
    expect(step(execution, 'fetch').attempt).toBe(2);
    expect(shop.calls.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('Bearer token-of-the-shop'));
    expect(await articles()).toEqual([
      { id: 1, name: "O'Neil", price: 2.5 },
      { id: 2, name: 'Zoë; DROP', price: 0.5 },
    ]);
    const [mail] = smtp.mails;
    expect(mail).toMatchObject({ from: 'millrace@example.com', to: ['ann@example.com', 'bob@example.com'] });
    for (const text of [
      'Subject: 2 prices',
      'Together 3',
      'Content-Type: text/csv; name=prices.csv',
      'MTsyLjU7MjswLjU=',
    ])
      expect(mail?.text).toContain(text);
  });

  it('the large example of the language runs from its webhook to its last row', async () => {
    await warehouse.query('DELETE FROM article');
    const before = shop.calls.length;
    const id = await app.api.create(LARGE(shop.url));
    const deployed = await app.api.post(`/deployment/workflows/${id}/deploy`);
    expect(deployed.status, JSON.stringify(deployed.body)).toBe(201);
    const body = JSON.stringify({ user_id: 7 });
    const fired = await app.api.call('POST', '/webhook/data-process', body, { 'content-type': 'application/json' });
    expect(fired.status, JSON.stringify(fired.body)).toBe(202);
    const execution = await app.api.reaches(fired.body.execution_id as string, 'completed');
    expect(statuses(execution)).toMatchObject({
      fetch_data: 'completed',
      transform_data: 'completed',
      save: 'completed',
    });
    expect(execution.output).toEqual({ total: 2 });
    expect(shop.calls.length).toBe(before + 1);
    expect(await articles()).toMatchObject([
      { id: 1, price: 2.5 },
      { id: 2, price: 0.5 },
    ]);
  });

  it('the same, when it fails: the steps of on_failure tell, and those of finally run', async () => {
    answers = [500, 500, 500];
    const count = smtp.mails.length;
    const listed = await app.api.get('/workflows?q=Data%20processing');
    const id = await app.api.start(listed.body.items[0].id as string, { input: { user_id: 8 } });
    const execution = await app.api.reaches(id, 'failed');
    expect(statuses(execution)).toMatchObject({ fetch_data: 'failed', tell: 'completed' });
    await eventually(() => expect(smtp.mails.length).toBe(count + 1));
  });
});
