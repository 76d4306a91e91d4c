import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { statuses, step } from '../support/api.js';
import { clientOf, sharedBackends } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer } from '../support/holding-server.js';
import { startPrivateCluster } from '../support/private-cluster.js';
import { startServer, type TestServer } from '../support/server.js';

describe.each(sharedBackends())('SIGTERM on %s', (_name, open) => {
  it('lets a running step finish, starts nothing more, and leaves the rest to the next start', async () => {
    const remote = await startHoldingServer();
    const options = await open();
    const server = await startServer(options);
    const api = clientOf(server);
    const workflow = await api.create(calls('drain', remote.url));
    remote.hold('/drain/two');
    const running = await api.start(workflow);
    await eventually(() => expect(remote.count('/drain/two')).toBe(1));

    const stopped = server.stop();
    await isNoLongerReady(server);
    remote.letGo('/drain/two');
    expect(await stopped).toBe(0);
    expect([remote.count('/drain/two'), remote.count('/drain/three')]).toEqual([1, 0]);

    const next = clientOf(await startServer(options));
    const ended = await next.reaches(running, 'completed');
    expect(statuses(ended)).toEqual({ one: 'completed', two: 'completed', three: 'completed' });
    expect(step(ended, 'two').attempt).toBe(1);
    expect(['one', 'two', 'three'].map((path) => remote.count(`/drain/${path}`))).toEqual([1, 1, 1]);
  });

  it('cuts a step off that outlasts SHUTDOWN_GRACE; it runs again with its key', async () => {
    const remote = await startHoldingServer();
    const options = await open();
    const server = await startServer({ ...options, env: { SHUTDOWN_GRACE: '200ms' } });
    const api = clientOf(server);
    remote.hold('/grace/two');
    const id = await api.start(await api.create(calls('grace', remote.url)));
    await eventually(() => expect(remote.count('/grace/two')).toBe(1));
    expect(await server.stop()).toBe(0);
    remote.letGo('/grace/two');
    const ended = await clientOf(await startServer(options)).reaches(id, 'completed');
    expect(statuses(ended)).toEqual({ one: 'completed', two: 'completed', three: 'completed' });
    expect(remote.keys('/grace/two')).toEqual([`${id}:two`, `${id}:two`]);
    expect(remote.count('/grace/one')).toBe(1);
  });
});

describe('SIGTERM while a mail server does not answer', () => {
  it('starts nothing more, however long the mailbox takes to let go', async () => {
    const remote = await startHoldingServer();
    const mailServer = await startSilentServer();
    const postgres = await startPrivateCluster();
    const options = { databaseUrl: postgres.url, env: mailServer.env };
    const server = await startServer(options);
    const api = clientOf(server);
    const mailbox = 'name: mailbox\nsteps: [{id: a, type: log, config: {message: hi}}]\ntriggers: [{type: email}]';
    const deployed = await api.post(`/deployment/workflows/${await api.create(mailbox)}/deploy`);
    expect(deployed.status, JSON.stringify(deployed.body)).toBe(201);
    remote.hold('/silent/two');
    const id = await api.start(await api.create(calls('silent', remote.url)));
    await eventually(() => expect(remote.count('/silent/two')).toBe(1));
    await mailServer.asked();

    const stopped = server.stop();
    await isNoLongerReady(server);
    remote.letGo('/silent/two');
    expect(await stopped).toBe(0);
    expect([remote.count('/silent/two'), remote.count('/silent/three')]).toEqual([1, 0]);
    await clientOf(await startServer({ databaseUrl: postgres.url })).reaches(id, 'completed');
  });
});

describe('SIGTERM while the database is away', () => {
  it('ends the process all the same; what it could not record is taken over', async () => {
    const remote = await startHoldingServer();
    const postgres = await startPrivateCluster();
    const server = await startServer({ databaseUrl: postgres.url, env: { SHUTDOWN_GRACE: '200ms' } });
    const api = clientOf(server);
    remote.hold('/away/two');
    const id = await api.start(await api.create(calls('away', remote.url)));
    await eventually(() => expect(remote.count('/away/two')).toBe(1));
    await postgres.stop();
    remote.letGo('/away/two');
    expect(await server.stop()).toBe(0);
    await postgres.start();
    const ended = await clientOf(await startServer({ databaseUrl: postgres.url })).reaches(id, 'completed');
    expect(statuses(ended)).toEqual({ one: 'completed', two: 'completed', three: 'completed' });
    expect(remote.keys('/away/two')).toEqual([`${id}:two`, `${id}:two`]);
  });
});

async function isNoLongerReady(server: TestServer): Promise<void> {
  await eventually(async () => {
    const ready = await server.fetch('/health/ready').catch(() => null);
    expect(ready?.status ?? 503).toBe(503);
  });
}

function calls(name: string, url: string): string {
  const call = (id: string): string =>
    `  - {id: ${id}, type: http, config: {method: POST, url: "${url}/${name}/${id}"}}`;
  return [`name: ${name}`, 'steps:', ...['one', 'two', 'three'].map(call)].join('\n');
}

/** Takes connections and never says a word, as a mail server behind a dead link does. */
async function startSilentServer(): Promise<{ env: Record<string, string>; asked(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const port = String((server.address() as AddressInfo).port);
  return {
    env: {
      IMAP_SERVER: '127.0.0.1',
      IMAP_PORT: port,
      EMAIL_USER: 'reader',
      EMAIL_PASSWORD: 'reader',
      EMAIL_CHECK_INTERVAL: '10s',
    },
    asked: () => eventually(() => expect(sockets.size).toBeGreaterThan(0)),
  };
}
