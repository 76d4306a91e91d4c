import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { step } from './support/api.js';
import { startApp, type TestApp } from './support/app.js';
import { afterFile } from './support/cleanup.js';
import { fences } from './support/markdown.js';
import { McpHttpServer } from './support/mcp-http-server.js';
import { filesystemServer } from './support/mcp-servers.js';
import { startModelServer, type ModelServer, type PlayedAnswer } from './support/model-server.js';
import { ROOT } from './support/paths.js';
import { startRecordingServer } from './support/recording-server.js';

let app: TestApp;
let models: ModelServer;
let answers: PlayedAnswer[] = [];

beforeAll(async () => {
  app = await startApp();
  models = await startModelServer(() => answers.shift() ?? {});
});

/** The first workflow that a guide shows, with what this machine does not have in place of what the guide names. */
function shownIn(guide: string, instead: Readonly<Record<string, string>> = {}): string {
  const path = `docs/guides/${guide}.md`;
  const text = readFileSync(join(ROOT, path), 'utf8');
  const yaml = fences({ path, text }).find(({ language }) => language === 'yaml')?.text ?? '';
  return Object.entries(instead).reduce((changed, [shown, own]) => {
    expect(changed).toContain(shown);
    return changed.replaceAll(shown, own);
  }, yaml);
}

async function connect(name: string, type: string, config: object): Promise<void> {
  const { status, body } = await app.api.post('/connections', { name, type, config });
  expect(status, JSON.stringify(body)).toBe(201);
}

it('the workflow of the guide to language models sorts a mail by a model', async () => {
  const base_url = `${models.url}/v1`;
  const prices = { small: { input: 0.5, output: 1.5 } };
  await connect('models', 'llm', { provider: 'openai_compatible', base_url, model: 'small', prices });
  answers = [{ text: '{"topic": "complaint"}', usage: { input: 1_000, output: 1_000 } }];
  const ended = await app.api.run(shownIn('language-models'), { input: { mail: 'It broke at once.' } });
  expect(step(ended, 'sort')).toMatchObject({ output: { json: { topic: 'complaint' }, cost: 0.002 } });
  const { items } = (await app.api.get(`/executions/${ended.id}/logs?step_id=urgent`)).body;
  expect(items).toMatchObject([{ message: 'A complaint; sorting cost $0.002' }]);
});

it('the workflow of the guide to agents answers a mail with a ticket system, a web shop and another workflow', async () => {
  const shop = await startRecordingServer();
  const tickets = await McpHttpServer.start({ search: () => 'ticket 4', read: () => 'A refund', remove: () => '' });
  await connect('clerk', 'llm', {
    provider: 'anthropic',
    api_key: 'sk-own',
    model: 'claude-haiku-4-5',
    base_url: models.url,
  });
  await connect('tickets', 'mcp', { transport: 'http', url: tickets.url });
  await app.api.create(
    'name: Ask accounting\nsteps: [{id: say, type: set, config: {values: {said: "{{ input.question }}: yes"}}}]',
  );
  answers = [
    { calls: [{ name: 'search', arguments: { words: 'refund' } }] },
    { calls: [{ name: 'order_status', arguments: { query: { number: 7 } } }] },
    { calls: [{ name: 'ask-accounting', arguments: { question: 'Refunded?' } }] },
    { text: 'It is on its way.' },
  ];
  const yaml = shownIn('agents', { 'https://shop.example.com': shop.url });
  const ended = await app.api.run(yaml, { input: { mail: 'Where is my refund?', customer: 'c-7' } });
  expect(step(ended, 'clerk'), JSON.stringify(ended.error)).toMatchObject({
    status: 'completed',
    output: { text: 'It is on its way.', turns: 4, tool_calls: 3 },
  });
  expect(shop.calls).toMatchObject([{ method: 'GET', url: '/orders?number=7' }]);
  expect(tickets.calls).toEqual(['search']);
  const sent = models.asked.at(-1);
  expect((sent?.['tools'] as { name: string }[]).map(({ name }) => name)).toEqual([
    'search',
    'read',
    'order_status',
    'ask-accounting',
  ]);
  expect(JSON.stringify(sent?.['messages'])).toContain('Refunded?: yes');
  const remembered = (await app.api.get('/memory/conversation/messages?owner=c-7')).body;
  expect(remembered.value).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'It is on its way.' }]);
});

it('the workflow of the guide to MCP reads a report by the filesystem server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-mcp-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'monday.txt'), 'All is well.');
  const { type, config } = filesystemServer(folder);
  await connect('files', type, config);
  const ended = await app.api.run(shownIn('mcp', { '/srv/reports': folder }), { input: { day: 'monday' } });
  expect(step(ended, 'tools').output).toMatchObject({
    tools: expect.arrayContaining([expect.objectContaining({ name: 'read_text_file' })]) as unknown,
  });
  const { items } = (await app.api.get(`/executions/${ended.id}/logs?step_id=show`)).body;
  expect(items).toMatchObject([{ message: 'All is well.' }]);
});
