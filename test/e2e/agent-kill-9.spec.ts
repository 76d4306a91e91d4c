import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { step } from '../support/api.js';
import { clientOf, POSTGRES_ONLY } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { GrpcClient, struct } from '../support/grpc-client.js';
import { everythingServer, filesystemServer, memoryServer } from '../support/mcp-servers.js';
import { startModelServer, type PlayedAnswer } from '../support/model-server.js';
import { startRecordingServer } from '../support/recording-server.js';
import { startServer, TEST_API_KEY } from '../support/server.js';
import { freePort } from '../support/services.js';

const folder = mkdtempSync(join(tmpdir(), 'agent-files-'));
chmodSync(folder, 0o777);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the model says next follows from how often it has spoken before. */
const TURNS: readonly PlayedAnswer[] = [
  {
    calls: [
      { name: 'echo', arguments: { message: 'begin' } },
      { name: 'tell', arguments: { body: { order: 7 } } },
    ],
  },
  { calls: [{ name: 'write_file', arguments: { path: join(folder, 'note.txt'), content: 'order 7' } }] },
  {
    calls: [
      {
        name: 'create_entities',
        arguments: { entities: [{ name: 'order 7', entityType: 'order', observations: ['paid'] }] },
      },
    ],
  },
  { calls: [{ name: 'search_nodes', arguments: { query: 'paid' } }] },
  { text: 'Order 7 is noted and paid' },
];
const KILLED_IN = 4;
/** Two servers are started, and programs of MCP: on a busy machine that takes its time. */
const LIMIT = { timeout: 180_000 };

it(
  'an agent with the reference MCP servers is killed in the middle and goes on; nothing that was finished is repeated',
  LIMIT,
  async () => {
    const reached = Promise.withResolvers<null>();
    const asked: number[] = [];
    const models = await startModelServer(async ({ messages }) => {
      const turn = (messages as { role: string }[]).filter(({ role }) => role === 'assistant').length + 1;
      asked.push(turn);
      if (turn === KILLED_IN && !asked.slice(0, -1).includes(turn)) {
        reached.resolve(null);
        await new Promise(() => undefined);
      }
      return TURNS[turn - 1] ?? {};
    });
    const remote = await startRecordingServer();
    const options = await POSTGRES_ONLY[1]();
    const first = await startServer(options);
    let api = clientOf(first);
    for (const [name, { type, config }] of Object.entries({
      everything: everythingServer,
      files: filesystemServer(folder),
      graph: memoryServer(join(folder, 'graph.jsonl')),
      clerk: { type: 'llm', config: { provider: 'openai_compatible', base_url: `${models.url}/v1`, model: 'm' } },
    }))
      expect((await api.post('/connections', { name, type, config })).status).toBe(201);
    const config = {
      agent_id: 'clerk',
      task: 'Note order 7',
      tools: [
        { mcp: 'everything', only: ['echo'] },
        { mcp: 'files', only: ['write_file'] },
        { mcp: 'graph', only: ['create_entities', 'search_nodes'] },
        { node: 'http', name: 'tell', config: { method: 'POST', url: `${remote.url}/orders` } },
      ],
    };
    const id = await api.start(
      await api.create(`name: clerk\nsteps:\n  - {id: clerk, type: agent, config: ${JSON.stringify(config)}}`),
    );
    await reached.promise;
    await first.kill9();
    expect(asked).toEqual([1, 2, 3, 4]);

    api = clientOf(await startServer(options));
    const ended = await eventually(async () => {
      const execution = await api.execution(id);
      expect(['completed', 'failed']).toContain(execution.status);
      return execution;
    });
    expect(ended.status, JSON.stringify(ended.error)).toBe('completed');
    expect(step(ended, 'clerk')).toMatchObject({
      attempt: 2,
      output: { text: 'Order 7 is noted and paid', turns: 5, tool_calls: 5 },
    });
    // Of what had been answered nothing was asked again; the one question that was cut off was.
    expect(asked).toEqual([1, 2, 3, 4, 4, 5]);
    const keys = models.calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys[4]).toBe(keys[3]);
    expect(remote.count('/orders')).toBe(1);
    expect(readFileSync(join(folder, 'note.txt'), 'utf8')).toBe('order 7');
    expect(readFileSync(join(folder, 'graph.jsonl'), 'utf8').match(/"order 7"/g)).toHaveLength(1);
  },
);

it(
  'an agent that a gRPC client runs outlives its server: the same call shows its end, and nothing is bought twice',
  LIMIT,
  async () => {
    const reached = Promise.withResolvers<null>();
    const asked: number[] = [];
    const models = await startModelServer(async ({ messages }) => {
      const turn = (messages as { role: string }[]).filter(({ role }) => role === 'assistant').length + 1;
      asked.push(turn);
      if (turn === 2 && asked.length === 2) {
        reached.resolve(null);
        await new Promise(() => undefined);
      }
      return turn === 1 ? { calls: [{ name: 'tell', arguments: { body: { order: 8 } } }] } : { text: 'Told' };
    });
    const remote = await startRecordingServer();
    const port = await freePort();
    const options = { ...(await POSTGRES_ONLY[1]()), env: { GRPC_PORT: String(port) } };
    const grpc = new GrpcClient(`127.0.0.1:${port}`, TEST_API_KEY);
    const first = await startServer(options);
    const config = { provider: 'openai_compatible', base_url: `${models.url}/v1`, model: 'm' };
    expect((await clientOf(first).post('/connections', { name: 'clerk', type: 'llm', config })).status).toBe(201);
    const request = {
      agent_id: 'clerk',
      task: 'Tell them of order 8',
      tools: [{ node: 'http', name: 'tell', config: struct({ method: 'POST', url: `${remote.url}/orders` }) }],
      idempotency_key: 'order-8',
    };
    const { started } = await eventsOf(grpc.stream('AIAgentService/RunAgent', request), async () => {
      await reached.promise;
      await first.kill9();
    });

    await startServer(options);
    const again = await eventsOf(grpc.stream('AIAgentService/RunAgent', request, { deadline: Date.now() + 60_000 }));
    expect(again.started).toMatchObject({ execution_id: started.execution_id, duplicate: true });
    expect(again.result).toMatchObject({ status: 'EXECUTION_STATUS_COMPLETED', text: 'Told', turns: 2, tool_calls: 1 });
    expect(asked).toEqual([1, 2, 2]);
    expect(remote.count('/orders')).toBe(1);
  },
);

/** The last event of each kind, when the stream is over, however it ends. */
async function eventsOf(stream: any, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<any> {
  const last: Record<string, unknown> = {};
  stream.on('data', (message: any) => (last[message.event] = message[message.event]));
  const over = new Promise((resolve) => {
    stream.on('error', resolve);
    stream.on('end', resolve);
  });
  await meanwhile();
  await over;
  return last;
}
