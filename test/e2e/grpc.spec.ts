import { status as Code } from '@grpc/grpc-js';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { GrpcClient } from '../support/grpc-client.js';
import { startHoldingServer } from '../support/holding-server.js';
import { spawnServer, startServer, TEST_API_KEY } from '../support/server.js';
import { freePort } from '../support/services.js';

/** Two databases are made from nothing: on a busy machine that alone may take a minute. */
const LIMIT = { timeout: 180_000 };

describe('the built server with GRPC_PORT, on its embedded database', LIMIT, () => {
  it('serves gRPC beside HTTP, ends streams on SIGTERM, answers what is under way, and exits with 0', async () => {
    const port = await freePort();
    const remote = await startHoldingServer();
    const server = await startServer({ env: { GRPC_PORT: String(port), SHUTDOWN_GRACE: '5s' } });
    const grpc = new GrpcClient(`127.0.0.1:${port}`, TEST_API_KEY);
    remote.hold('/held');
    const { id } = await grpc.call('WorkflowService/CreateWorkflow', {
      definition: `name: held\nsteps:\n  - {id: call, type: http, config: {method: POST, url: "${remote.url}/held"}}`,
    });
    expect((await clientOf(server).get(`/workflows/${id as string}`)).body).toMatchObject({ name: 'held' });
    const { execution_id } = await grpc.call('WorkflowService/ExecuteWorkflow', { workflow_id: id });
    await eventually(() => expect(remote.count('/held')).toBe(1));
    const stream = grpc.stream('WorkflowService/WatchExecution', { execution_id });
    const events: object[] = [];
    stream.on('data', (event: object) => events.push(event));
    const ended = new Promise<number>((resolve) => stream.on('error', ({ code }: { code: number }) => resolve(code)));
    await eventually(() => expect(events.length).toBeGreaterThan(0));

    const stopped = server.stop();
    expect(await ended).toBe(Code.UNAVAILABLE);
    remote.letGo('/held');
    expect(await stopped).toBe(0);
    expect(server.logs()).not.toMatch(/"level":"(error|fatal)"/);
    await expect(
      grpc.call('WorkflowService/ListWorkflows', {}, {}, { deadline: Date.now() + 2_000 }),
    ).rejects.toHaveProperty('code');
  });

  it('says clearly that the port of gRPC is taken, and ends with 1', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const second = spawnServer({ port: await freePort(), env: { GRPC_PORT: String(port) } });
    expect(await second.exited).toBe(1);
    expect(second.logs()).toContain(`Millrace cannot start: gRPC cannot listen on 127.0.0.1:${port}`);
    expect(second.logs()).toContain('Set GRPC_PORT to a free port');
    other.close();
  });

  it('refuses a GRPC_PORT that is no port, or that of HTTP, with the other faults of the settings', async () => {
    const wrong = spawnServer({ env: { GRPC_PORT: 'many' } });
    const same = spawnServer({ port: 4711, env: { GRPC_PORT: '4711' } });
    expect([await wrong.exited, await same.exited]).toEqual([1, 1]);
    expect(wrong.logs()).toContain('GRPC_PORT');
    expect(same.logs()).toContain('must not be the port of the HTTP API');
  });
});
