import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { step } from '../support/api.js';
import { eventsAt } from '../support/event-stream.js';
import { McpHttpServer } from '../support/mcp-http-server.js';
import { everythingServer } from '../support/mcp-servers.js';
import { startModelServer, type ModelServer, type PlayedAnswer } from '../support/model-server.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let here: TestApp;
let models: ModelServer;
let remote: RecordingServer;
let play: (body: Record<string, unknown>, count: number) => PlayedAnswer | Promise<PlayedAnswer>;
let before = 0;

beforeAll(async () => {
  models = await startModelServer((body, count) => play(body, count - before));
  remote = await startRecordingServer();
  here = await startApp({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${models.url}/v1` });
  const connection = async (name: string, type: string, config: object): Promise<void> => {
    const { status, body } = await here.api.post('/connections', { name, type, config });
    expect(status, JSON.stringify(body)).toBe(201);
  };
  await connection('everything', everythingServer.type, everythingServer.config);
  const prices = { m: { input: 1_000, output: 1_000 } };
  await connection('clerk', 'llm', {
    provider: 'openai_compatible',
    base_url: `${models.url}/v1`,
    model: 'm',
    system: 'You are a clerk.',
    prices,
  });
});

beforeEach(() => {
  before = models.asked.length;
});

const agent = (config: object, more = ''): string =>
  `name: agent\nsteps:\n  - {id: clerk, type: agent, config: ${JSON.stringify(config)}${more}}`;
const asked = (): number => models.asked.length - before;

describe('an agent', () => {
  it('does its task with MCP tools, node types and workflows, and says what it took', async () => {
    await here.api.create(
      'name: double\noutput: "{{ steps.sum.output }}"\nsteps:\n  - {id: sum, type: set, config: {values: {n: "{{ input.n * 2 }}"}}}',
    );
    play = (_body, turn) =>
      [
        {
          calls: [
            { name: 'echo', arguments: { message: 'hi' } },
            { name: 'tell', arguments: { body: { a: 1 } } },
          ],
        },
        { calls: [{ name: 'double', arguments: { n: 21 } }] },
        { text: 'All done' },
      ][turn - 1] ?? {};
    const tools = [
      { mcp: 'everything', only: ['echo'] },
      { node: 'http', name: 'tell', config: { method: 'POST', url: `${remote.url}/told` } },
      { workflow: 'double' },
    ];
    const ended = await here.api.run(agent({ agent_id: 'clerk', task: 'Do it', tools }));
    expect(ended.status, JSON.stringify(ended.error)).toBe('completed');
    expect(step(ended, 'clerk').output).toEqual({ text: 'All done', turns: 3, tool_calls: 3, tokens: 45, cost: 0.045 });
    const last = models.asked.at(-1)?.['messages'] as { role: string; content: string }[];
    expect(last[0]).toEqual({ role: 'system', content: 'You are a clerk.' });
    const results = last.filter(({ role }) => role === 'tool').map(({ content }) => content);
    expect(results[0]).toBe('Echo: hi');
    expect(JSON.parse(results[1] ?? '')).toMatchObject({ status_code: 200 });
    expect(JSON.parse(results[2] ?? '')).toEqual({ n: 42 });
    expect(remote.calls.at(-1)?.headers['idempotency-key']).toBe(`${ended.id}:clerk:call-1.1`);
    const { body } = await here.api.get(`/executions/${ended.id}/logs?step_id=clerk`);
    const lines = body.items.map(({ message }: { message: string }) => message);
    expect(lines).toEqual(
      expect.arrayContaining(['turn 1: asks for echo, tell', 'tool echo', 'tool double', 'turn 3: answered']),
    );
  });

  it('is given tools of two servers that are called alike, by names that providers allow', async () => {
    const other = await McpHttpServer.start({ echo: () => 'the other', 'files.read': () => 'a file', mute: () => '' });
    const made = await here.api.post('/connections', {
      name: 'other',
      type: 'mcp',
      config: { transport: 'http', url: other.url },
    });
    expect(made.status).toBe(201);
    const calls = ['echo', 'other_echo', 'files_read', 'mute'].map((name) => ({ name, arguments: { message: 'hi' } }));
    play = (_body, turn) => (turn === 1 ? { calls } : { text: 'Read' });
    const tools = [{ mcp: 'everything', only: ['echo'] }, { mcp: 'other' }];
    const ended = await here.api.run(agent({ agent_id: 'clerk', task: 'Read', tools }));
    expect(ended.status, JSON.stringify(ended.error)).toBe('completed');
    const last = models.asked.at(-1)?.['messages'] as { role: string; content: string }[];
    expect(last.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
      'Echo: hi',
      'the other',
      'a file',
      '{"parts":["text"]}',
    ]);
    const twice = [{ node: 'http' }, { node: 'http' }];
    const refused = await here.api.run(agent({ agent_id: 'clerk', task: 'x', tools: twice }));
    expect(refused.error).toMatchObject({ code: 'tool_name_taken' });
  });

  it('is stopped by its budget of tokens before the call that could pass it', async () => {
    play = (_body, turn) => ({
      calls: [{ name: 'echo', arguments: { message: `again ${turn}` } }],
      usage: { input: 400, output: 100 },
    });
    const tools = [{ mcp: 'everything', only: ['echo'] }];
    const config = { agent_id: 'clerk', task: 'Never stop', tools, max_tokens: 100, budget: { tokens: 1_500 } };
    const ended = await here.api.run(agent(config));
    expect(ended.error).toMatchObject({ code: 'budget_exceeded' });
    // 500 tokens a call: a third or fourth could pass 1,500 with what it sends and may answer.
    expect(asked()).toBeGreaterThan(0);
    expect(asked() * 500).toBeLessThanOrEqual(1_500);
  });

  it('asks nothing when the first call could pass its budget of money', async () => {
    play = () => ({ text: 'never' });
    const ended = await here.api.run(agent({ agent_id: 'clerk', task: 'Cost much', budget: { usd: 0.01 } }));
    expect(ended.error).toMatchObject({ code: 'budget_exceeded' });
    expect(asked()).toBe(0);
  });

  it('takes up its turns when it is tried again: a finished turn and a finished tool call are not repeated', async () => {
    const answers: PlayedAnswer[] = [
      { calls: [{ name: 'http', arguments: {} }] },
      { status: 503 },
      { text: 'Done in spite of it' },
    ];
    play = (_body, count) => answers[count - 1] ?? {};
    const told = remote.count('/once');
    const tools = [{ node: 'http', config: { method: 'POST', url: `${remote.url}/once` } }];
    const more = ', retry_policy: {max_attempts: 2, initial_delay: 10ms}';
    const ended = await here.api.run(agent({ agent_id: 'clerk', task: 'Try', tools }, more));
    expect(step(ended, 'clerk')).toMatchObject({
      status: 'completed',
      attempt: 2,
      output: { turns: 2, tool_calls: 1 },
    });
    expect(asked()).toBe(3);
    expect(remote.count('/once') - told).toBe(1);
  });

  it('remembers a conversation', async () => {
    play = (_body, count) => ({ text: count === 1 ? 'Nice to meet you, Ada' : 'You are Ada' });
    const memory = { conversation: 'ada' };
    await here.api.run(agent({ agent_id: 'clerk', task: 'I am Ada', memory }));
    await here.api.run(agent({ agent_id: 'clerk', task: 'Who am I?', memory }));
    expect((models.asked.at(-1)?.['messages'] as { content: string }[]).map(({ content }) => content)).toEqual([
      'You are a clerk.',
      'I am Ada',
      'Nice to meet you, Ada',
      'Who am I?',
    ]);
  });

  it('ends at max_turns', async () => {
    play = () => ({ calls: [{ name: 'unheard_of', arguments: {} }] });
    const ended = await here.api.run(agent({ agent_id: 'clerk', task: 'x', max_turns: 2 }));
    expect(ended.error).toMatchObject({ code: 'max_turns_reached' });
    expect(asked()).toBe(2);
  });
});

it('an answer shows piece by piece to who watches the execution, on another replica too', async () => {
  const watched = Promise.withResolvers<null>();
  play = async () => {
    await watched.promise;
    return { text: 'a long story about a mill' };
  };
  const web = await startApp({ ROLES: 'api', OPENAI_API_KEY: 'sk-test' }, here.db);
  const id = await here.api.start(
    await here.api.create('name: story\nsteps:\n  - {id: tell, type: llm, config: {model: gpt-5-mini, prompt: Tell}}'),
  );
  const texts: string[] = [];
  for await (const { event, data, id: position } of eventsAt(`${web.url}/api/v1/executions/${id}/events`)) {
    if (event === 'step' && data.status === 'running') watched.resolve(null);
    if (event === 'token') {
      expect(data).toMatchObject({ step_path: 'tell', attempt: 1 });
      expect(position).not.toBeNull();
      texts.push(data.text as string);
    }
    if (event === 'end') break;
  }
  expect(texts.join('')).toBe('a long story about a mill');
});

describe('a definition from a text', () => {
  const GOOD = { version: '1.0', name: 'hello', steps: [{ id: 'say', type: 'log', config: { message: 'hello' } }] };

  it('is validated, and what has faults goes back to the model', async () => {
    play = (_body, count) => ({
      text: JSON.stringify(count === 1 ? { ...GOOD, steps: [{ id: 'say', type: 'shout' }] } : GOOD),
    });
    const { status, body } = await here.api.post('/workflows/generate', { text: 'Say hello' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ valid: true, errors: [], definition: GOOD, attempts: 2, model: 'gpt-5-mini' });
    expect(body.usage).toEqual({ input_tokens: 20, output_tokens: 10, total_tokens: 30 });
    expect(JSON.stringify(models.asked.at(-1))).toContain('shout');
    expect((await here.api.post('/workflows', body.definition)).status).toBe(201);
  });

  it('comes with its faults when the model does not mend them, after three calls', async () => {
    play = () => ({ text: 'I would rather not' });
    const { status, body } = await here.api.post('/workflows/generate', { text: 'Say hello' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      valid: false,
      definition: null,
      plan: null,
      attempts: 3,
      errors: [{ code: 'not_a_definition' }],
    });
    expect(asked()).toBe(3);
  });

  it('is for editors, and tells what the provider refuses', async () => {
    play = () => ({ status: 401 });
    expect((await here.api.post('/workflows/generate', { text: 'x' })).body).toMatchObject({
      code: 'llm_unauthorized',
    });
    expect((await here.api.post('/workflows/generate', { text: '' })).status).toBe(422);
    const { body } = await here.api.post('/api-keys', { name: 'o', role: 'operator' });
    const answer = await here.api.post('/workflows/generate', { text: 'x' }, { authorization: `Bearer ${body.key}` });
    expect(answer.status).toBe(403);
  });
});
