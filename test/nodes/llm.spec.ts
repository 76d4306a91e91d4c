import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome } from '../../src/nodes/node.contract.js';
import { testConnections } from '../support/databases.js';
import { startModelServer, type ModelServer, type PlayedAnswer } from '../support/model-server.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

let types: NodeTypesUnderTest;
let server: ModelServer;
let next: PlayedAnswer[] = [];

beforeAll(async () => {
  server = await startModelServer(() => next.shift() ?? { text: 'nothing left to say' });
  types = await startNodeTypes({
    openai: { apiKey: 'sk-openai', baseUrl: `${server.url}/v1` },
    anthropic: { apiKey: 'sk-anthropic', baseUrl: server.url },
  });
});

afterAll(() => types.close());

const ask = async (config: object, answers: PlayedAnswer[], given: object = {}): Promise<NodeOutcome> => {
  next = answers;
  const node = types.registry.get('llm');
  return await node.execute(nodeContext(types.registry.resolve('llm', config), given));
};
const SCHEMA = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
const OPENAI = { provider: 'openai', model: 'gpt-5-mini', prompt: 'Hello' };
const PROVIDERS = [
  ['openai', OPENAI, '/v1/chat/completions'],
  ['anthropic', { provider: 'anthropic', model: 'claude-haiku-4-5-20251001', prompt: 'Hello' }, '/v1/messages'],
] as const;

describe.each(PROVIDERS)('the provider %s', (_name, config, path) => {
  it('gives text, usage and cost, and tells the text piece by piece', async () => {
    const told: string[] = [];
    const usage = { input: 1_000, output: 2_000 };
    const outcome = await ask(config, [{ text: 'Good day to you', usage }], {
      tell: (text: string) => told.push(text),
    });
    const cost = config.provider === 'openai' ? 0.00425 : 0.011;
    expect(outcome).toEqual({
      kind: 'done',
      output: {
        text: 'Good day to you',
        json: null,
        usage: { input_tokens: 1_000, output_tokens: 2_000, total_tokens: 3_000 },
        cost,
        finish_reason: 'stop',
        model: config.model,
      },
    });
    expect(told.length).toBeGreaterThan(1);
    expect(told.join('')).toBe('Good day to you');
    expect(server.calls.at(-1)).toMatchObject({ method: 'POST', url: path });
  });

  it('gives JSON that satisfies the schema', async () => {
    const outcome = await ask({ ...config, response_schema: SCHEMA }, [{ text: '```json\n{"n": 7}\n```' }]);
    expect(outcome).toMatchObject({ kind: 'done', output: { json: { n: 7 } } });
  });

  it('sends an answer that does not satisfy the schema back once, and counts both', async () => {
    const before = server.calls.length;
    const outcome = await ask({ ...config, response_schema: SCHEMA }, [{ text: '{"n": "x"}' }, { text: '{"n": 8}' }]);
    expect(outcome).toMatchObject({ output: { json: { n: 8 }, usage: { total_tokens: 30 } } });
    expect(server.calls.length - before).toBe(2);
    expect(JSON.stringify(server.asked.at(-1))).toContain('/n must be integer');
  });

  it('fails when the second answer is wrong too, and asks no third time', async () => {
    const before = server.calls.length;
    await expect(ask({ ...config, response_schema: SCHEMA }, [{ text: 'no' }, { text: '{}' }])).rejects.toMatchObject({
      code: 'llm_answer_invalid',
      retryable: true,
    });
    expect(server.calls.length - before).toBe(2);
  });

  it('turns 429 with Retry-After into a retry at that time, and calls once', async () => {
    const before = server.calls.length;
    const outcome = await ask(config, [{ status: 429, headers: { 'retry-after': '7' } }]);
    expect(outcome).toMatchObject({
      kind: 'retry',
      after: 7_000,
      error: { code: 'llm_rate_limited', retryable: true },
    });
    expect(server.calls.length - before).toBe(1);
  });

  it.each([
    [401, 'llm_unauthorized', false],
    [404, 'llm_model_not_found', false],
    [400, 'llm_request_invalid', false],
    [500, 'llm_unavailable', true],
    [529, 'llm_unavailable', true],
  ])('turns status %i into %s', async (status, code, retryable) => {
    await expect(ask(config, [{ status }])).rejects.toMatchObject({ code, retryable });
  });

  it.each(['connection', 'stream'] as const)('takes no half answer for a whole one: the %s is cut', async (cut) => {
    await expect(ask(config, [{ text: 'Good day to', cut }])).rejects.toMatchObject({
      code: cut === 'stream' ? 'llm_stream_cut' : 'llm_connection_lost',
      retryable: true,
    });
  });
});

it('says that the cost of a model is not known', async () => {
  next = [{ text: 'Hi' }];
  const ctx = nodeContext(types.registry.resolve('llm', { ...OPENAI, model: 'unheard-of' }));
  await expect(types.registry.get('llm').execute(ctx)).resolves.toMatchObject({ output: { cost: null } });
  expect(ctx.lines).toMatchObject([{ level: 'warn', message: 'The cost of unheard-of is not known' }]);
});

it('takes model, instructions and prices from a connection, and sends it no key of this server', async () => {
  const config = {
    provider: 'openai_compatible',
    base_url: `${server.url}/own/`,
    model: 'small',
    system: 'You are brief.',
    prices: { small: { input: 1, output: 2 } },
  };
  const connections = testConnections({ models: { type: 'llm', config } });
  const outcome = await ask({ connection: 'models', prompt: 'Hello', system: 'Speak German.' }, [{ text: 'Tag' }], {
    connections,
  });
  expect(outcome).toMatchObject({ output: { model: 'small', cost: 0.00002 } });
  const { url, headers } = server.calls.at(-1) ?? {};
  expect(url).toBe('/own/chat/completions');
  expect(headers?.authorization).toBe('Bearer none');
  expect(server.asked.at(-1)?.['messages']).toContainEqual({
    role: 'system',
    content: 'You are brief.\n\nSpeak German.',
  });
});

it('takes instructions that stand among the messages, as OpenAI writes them, for every provider', async () => {
  const messages = [
    { role: 'system', content: 'You are brief.' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: 'And?' },
  ];
  await ask({ provider: 'anthropic', model: 'm', system: 'You are a clerk.', messages }, [{ text: 'x' }]);
  expect(server.asked.at(-1)).toMatchObject({ system: 'You are a clerk.\n\nYou are brief.' });
  expect((server.asked.at(-1)?.['messages'] as { role: string }[]).map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'user',
  ]);
  const only = { provider: 'openai', model: 'm', messages: [{ role: 'system', content: 'x' }] };
  expect(() => types.registry.resolve('llm', only)).toThrow(
    '"prompt" is required where "messages" holds instructions only',
  );
});

it('reaches a compatible server by the settings alone, with its key and without', async () => {
  const compatible = { provider: 'openai_compatible', model: 'small', prompt: 'Hello' };
  await expect(ask(compatible, [{ text: 'Hi' }])).resolves.toMatchObject({ output: { text: 'Hi', cost: null } });
  expect(server.calls.at(-1)).toMatchObject({
    url: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-openai' },
  });
  // The key of the settings goes nowhere else.
  await ask({ ...compatible, base_url: `${server.url}/other` }, [{ text: 'Hi' }]);
  expect(server.calls.at(-1)).toMatchObject({
    url: '/other/chat/completions',
    headers: { authorization: 'Bearer none' },
  });
  await using keyless = await startNodeTypes({ openai: { apiKey: null, baseUrl: `${server.url}/v1` } });
  next = [{ text: 'Hi' }];
  const ctx = nodeContext(keyless.registry.resolve('llm', { model: 'small', prompt: 'Hello' }));
  await expect(keyless.registry.get('llm').execute(ctx)).resolves.toMatchObject({ output: { text: 'Hi' } });
});

it('says what to configure when there is no key', async () => {
  await using bare = await startNodeTypes();
  const ctx = nodeContext(bare.registry.resolve('llm', OPENAI));
  await expect(bare.registry.get('llm').execute(ctx)).rejects.toMatchObject({
    code: 'llm_not_configured',
    message: expect.stringContaining('OPENAI_API_KEY') as string,
  });
});

it('reaches no private address that HTTP_ALLOW_PRIVATE does not list', async () => {
  await using guarded = await startNodeTypes({
    httpAllowPrivate: [],
    openai: { apiKey: 'sk', baseUrl: `${server.url}/v1` },
  });
  const ctx = nodeContext(guarded.registry.resolve('llm', OPENAI));
  await expect(guarded.registry.get('llm').execute(ctx)).rejects.toMatchObject({ code: 'address_not_allowed' });
});
