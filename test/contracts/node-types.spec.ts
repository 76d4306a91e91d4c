import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NODE_TYPES } from '../../src/nodes/node-types.js';
import type { NodeType } from '../../src/nodes/node.contract.js';

import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { everythingServer } from '../support/mcp-servers.js';
import { openAiAnswer, sendStream, startModelServer } from '../support/model-server.js';
import { sendJson } from '../support/send-json.js';
import { testConnections } from '../support/databases.js';
import { nodeContext } from '../support/node-context.js';
import { startSmtp } from '../support/smtp.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { FIXTURES, type NodeTypeFixture } from './node-types.fixtures.js';

let types: NodeTypesUnderTest;
let server: RecordingServer;

beforeAll(async () => {
  types = await startNodeTypes();
  server = await startRecordingServer(({ url }, response) => {
    if (url.startsWith('/never')) return;
    if (url.endsWith('/chat/completions')) sendStream(response, openAiAnswer({ text: 'Good day' }));
    else sendJson(response, { ok: true });
  });
});

afterAll(async () => {
  await types.close();
});

const smtp = (port: number) => ({ type: 'smtp' as const, config: { host: '127.0.0.1', port } });
const [mail, silentMail] = await Promise.all([startSmtp(), startSmtp({ silent: true })]);
const github = await startRecordingServer(({ url }, response) => {
  if (!url.includes('/contents/')) sendJson(response, { id: 1, html_url: 'https://github.com/o/r/1' });
});
const asGitHub = { type: 'github' as const, config: { token: 'ghp_x', api_url: github.url } };
const models = await startModelServer(() => ({ text: 'Hello' }));
const silent = await startRecordingServer(() => undefined);
const asModels = (url: string) => ({
  type: 'llm' as const,
  config: { provider: 'openai_compatible', base_url: url, model: 'm' },
});
const CONNECTIONS = testConnections({
  github: asGitHub,
  silent_github: asGitHub,
  shop: { type: 'database', config: { driver: 'sqlite', file: 'shop.db' } },
  mail: smtp(mail.port),
  silent_mail: smtp(silentMail.port),
  tools: everythingServer,
  models: asModels(models.url),
  silent_models: asModels(silent.url),
});
const KINDS = ['AI_AGENT', 'EXTERNAL_ACTION', 'ACTION', 'FLOW', 'HUMAN_LOOP', 'TOOL', 'MEMORY'];
const NAMES = Object.keys(FIXTURES);

it('every type of the list is under contract', () => {
  expect(
    types.registry
      .nodeTypes()
      .map(({ type }) => type)
      .sort(),
  ).toEqual([...NAMES].sort());
  expect(NODE_TYPES).toHaveLength(NAMES.length);
});

describe.each(NAMES)('the node type %s', (name) => {
  const fixture = FIXTURES[name] as NodeTypeFixture;
  const node = (): NodeType => types.registry.get(name);
  const check = (config: Record<string, unknown>) => types.registry.describe(name).check(config);

  it('describes itself', () => {
    const { kind, title, description, ports } = types.registry.describe(name);
    expect(KINDS).toContain(kind);
    expect(title).toMatch(/^[A-Z]/);
    expect(description).toMatch(/\.$/);
    expect(new Set(ports).size).toBe(ports.length);
    expect(['pure', 'idempotent', 'once']).toContain(node().effect(fixture.good(server.url)));
  });

  it('has a JSON Schema that accepts its good config and describes every field', () => {
    const { schema } = types.registry.describe(name);
    const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
    expect(validate(fixture.good(server.url)), JSON.stringify(validate.errors)).toBe(true);
    for (const property of Object.values(schema['properties'] as Record<string, { description?: string }>)) {
      expect(property.description).toMatch(/\.$/);
    }
  });

  it('accepts a good config, with values and with templates', () => {
    expect(check(fixture.good(server.url))).toEqual([]);
    expect(check(fixture.templated)).toEqual([]);
  });

  it('refuses an unknown field', () => {
    const faults = check({ ...fixture.good(server.url), unheard_of: 1 });
    expect(faults).toMatchObject([{ path: 'unheard_of', code: 'field_unknown' }]);
  });

  it('refuses a bad config at its path', () => {
    expect(check(fixture.bad.config)).toMatchObject([{ path: fixture.bad.path }]);
  });

  it('fails with config_invalid, for good, when the fault shows at run time', () => {
    expect(() => types.registry.resolve(name, fixture.bad.config)).toThrow(
      expect.objectContaining({ code: 'config_invalid', retryable: false }) as Error,
    );
  });

  it('gives an output that is JSON', async () => {
    const outcome = await run(fixture.good(server.url));
    expect(outcome.kind).toBe(fixture.kind);
    const output = 'output' in outcome ? outcome.output : 'state' in outcome ? outcome.state : null;
    expect(JSON.parse(JSON.stringify(output))).toEqual(output);
  });

  it('takes only ports that it has', async () => {
    const outcome = await run(fixture.good(server.url));
    if ('port' in outcome && outcome.port !== undefined)
      expect(node().ports).toContain(outcome.port.replace(/\[\d+\]$/, '[*]'));
  });

  it('shows the outside the same idempotency key on a second attempt', async () => {
    const before = server.calls.length;
    await run(fixture.good(server.url), 1);
    await run(fixture.good(server.url), 2);
    const keys = server.calls.slice(before).map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(keys.map(() => KEY));
  });

  const KEY = 'execution:step';
  const run = (config: Record<string, unknown>, attempt = 1) =>
    Promise.resolve(
      node().execute(
        nodeContext(types.registry.resolve(name, config), { attempt, idempotencyKey: KEY, connections: CONNECTIONS }),
      ),
    );
});

describe.each(NAMES.filter((name) => FIXTURES[name]?.endless))('the node type %s, whose work may last', (name) => {
  it.each([
    ['cancelled', 'aborted'],
    ['shutdown', 'aborted'],
    ['timeout', 'timeout'],
  ] as const)('ends it when it is aborted (%s), with the code %s', async (reason, code) => {
    const ctx = nodeContext(types.registry.resolve(name, FIXTURES[name]?.endless?.(server.url)), {
      connections: CONNECTIONS,
    });
    const attempt = Promise.resolve(types.registry.get(name).execute(ctx));
    setImmediate(() => ctx.abort(reason));
    await expect(attempt).rejects.toMatchObject({ code });
  });
});
