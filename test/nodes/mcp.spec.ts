import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NodeOutcome } from '../../src/nodes/node.contract.js';
import { testConnections } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { everythingServer, filesystemServer, memoryServer } from '../support/mcp-servers.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

let types: NodeTypesUnderTest;
let http: ChildProcess;
let port: number;
const folder = mkdtempSync(join(tmpdir(), 'mcp-files-'));
chmodSync(folder, 0o777);

beforeAll(async () => {
  types = await startNodeTypes();
  port = await freePort();
  const [, script = ''] = [process.execPath, everythingServer.config.args[0]];
  http = spawn(process.execPath, [script, 'streamableHttp'], { env: { PORT: String(port) }, stdio: 'ignore' });
});

afterAll(async () => {
  await types.close();
  http.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const run = async (config: object): Promise<NodeOutcome> => {
  const connections = testConnections({
    everything: everythingServer,
    files: filesystemServer(folder),
    graph: memoryServer(join(folder, 'graph.jsonl')),
    remote: { type: 'mcp', config: { transport: 'http', url: `http://127.0.0.1:${port}/mcp` } },
    broken: { type: 'mcp', config: { transport: 'stdio', command: process.execPath, args: ['-e', 'process.exit(3)'] } },
    missing: { type: 'mcp', config: { transport: 'stdio', command: '/nowhere/at-all' } },
  });
  return await types.registry.get('mcp').execute(nodeContext(types.registry.resolve('mcp', config), { connections }));
};

it('calls a tool over stdio', async () => {
  await expect(run({ server: 'everything', tool: 'echo', arguments: { message: 'hi' } })).resolves.toMatchObject({
    kind: 'done',
    output: { text: 'Echo: hi' },
  });
});

it('gives the text of resources, too', async () => {
  const outcome = await run({ server: 'everything', tool: 'get-resource-reference', arguments: {} });
  expect(outcome).toMatchObject({
    output: { text: expect.stringMatching(/^Returning resource[^]*\n.*plaintext resource[^]*\nYou can/) as string },
  });
});

it('calls a tool over streamable HTTP', async () => {
  const called = async () => await run({ server: 'remote', tool: 'echo', arguments: { message: 'hi' } });
  await eventually(async () => expect(await called()).toMatchObject({ kind: 'done', output: { text: 'Echo: hi' } }));
});

it('lists tools and resources, and reads a resource', async () => {
  const tools = await run({ server: 'everything', operation: 'list_tools' });
  expect(tools).toMatchObject({
    output: { tools: expect.arrayContaining([expect.objectContaining({ name: 'echo' })]) as unknown },
  });
  const listed = (await run({ server: 'everything', operation: 'list_resources' })) as {
    output: { resources: { uri: string }[] };
  };
  const [first] = listed.output.resources;
  const read = await run({ server: 'everything', operation: 'read_resource', uri: first?.uri });
  expect(read).toMatchObject({ output: { contents: [{ uri: first?.uri }] } });
});

it('reaches the files that the filesystem server may, and no others', async () => {
  writeFileSync(join(folder, 'note.txt'), 'remember the milk');
  await expect(
    run({ server: 'files', tool: 'read_text_file', arguments: { path: join(folder, 'note.txt') } }),
  ).resolves.toMatchObject({ output: { text: 'remember the milk' } });
  await expect(
    run({ server: 'files', tool: 'read_text_file', arguments: { path: '/etc/passwd' } }),
  ).resolves.toMatchObject({
    kind: 'fail',
    error: { code: 'mcp_tool_failed', retryable: false },
  });
});

it('keeps one process for a connection: what the memory server was told it knows in the next step', async () => {
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes tea'] }];
  await run({ server: 'graph', tool: 'create_entities', arguments: { entities } });
  await expect(run({ server: 'graph', tool: 'search_nodes', arguments: { query: 'tea' } })).resolves.toMatchObject({
    output: { text: expect.stringContaining('Ada') as string },
  });
});

it.each(['broken', 'missing'])('asks to be tried again later when the server does not come up: %s', async (server) => {
  const outcome = await run({ server, tool: 'echo' });
  expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'mcp_server_lost', retryable: true } });
  // It is not started again before its pause is over.
  const again = await run({ server, tool: 'echo' });
  expect(again).toMatchObject({ kind: 'retry', error: { code: 'mcp_server_unavailable', retryable: true } });
});

it('tells what the server refuses', async () => {
  await expect(
    run({ server: 'everything', operation: 'read_resource', uri: 'demo://nothing/here' }),
  ).rejects.toMatchObject({
    code: 'mcp_refused',
    retryable: false,
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
