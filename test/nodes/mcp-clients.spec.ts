import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clock } from '../../src/common/clock.js';
import type { AppConfig } from '../../src/common/config/app-config.js';
import type { Connection } from '../../src/common/connections/connections.js';
import { OutgoingHttp } from '../../src/common/http/outgoing-http.js';
import { McpClients } from '../../src/common/mcp/mcp-clients.js';
import { callTool } from '../../src/common/mcp/tool-results.js';
import { eventually } from '../support/eventually.js';
import { McpHttpServer, type Tool } from '../support/mcp-http-server.js';
import { ROOT } from '../support/paths.js';

class MovedClock extends Clock {
  private passed = 0;
  override now(): number {
    return Date.now() + this.passed;
  }
  pass(milliseconds: number): void {
    this.passed += milliseconds;
  }
}

const NEVER = new AbortController().signal;
const STDIO = { transport: 'stdio', command: process.execPath, args: [join(ROOT, 'test/support/mcp-server.mjs')] };

let clock: MovedClock;
let http: OutgoingHttp;
let clients: McpClients;
/** The tools whose answers have begun to come over HTTP. */
let streams: string[];
beforeEach(() => {
  clock = new MovedClock();
  http = new OutgoingHttp({ httpAllowPrivate: ['127.0.0.0/8'] } as unknown as AppConfig);
  streams = [];
  const fetch: typeof http.fetch = async (input, init) => {
    const response = await http.fetch(input, init);
    const { params } = JSON.parse(typeof init?.body === 'string' ? init.body : '{}') as { params?: { name?: string } };
    if (params?.name !== undefined) streams.push(params.name);
    return response;
  };
  clients = new McpClients({ fetch } as OutgoingHttp, clock);
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.onApplicationShutdown();
  await http.onApplicationShutdown();
});

function connection(config: object, revision = 1): Connection<'mcp'> {
  return { id: 'c', name: 'tools', type: 'mcp', revision, config } as Connection<'mcp'>;
}

async function call(to: Connection<'mcp'>, tool: string, given: Record<string, unknown> = {}): Promise<string> {
  const asked = { tool, arguments: given, idempotencyKey: 'k' };
  return (await clients.use(to, NEVER, (client) => callTool(client, asked, NEVER))).text;
}

const isAlive = (pid: string): boolean => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

describe('a program', () => {
  it('that dies in the middle of a call fails the call as lost, and is started again after a pause', async () => {
    const to = connection(STDIO);
    const first = await call(to, 'pid');
    expect(await call(to, 'pid')).toBe(first);
    await expect(call(to, 'die')).rejects.toMatchObject({ code: 'mcp_server_lost', retryable: true, afterMs: 500 });
    await expect(call(to, 'pid')).rejects.toMatchObject({ code: 'mcp_server_unavailable', retryable: true });
    clock.pass(500);
    const second = await call(to, 'pid');
    expect(second).not.toBe(first);
    // It has worked in between: the next pause is the first one again.
    await expect(call(to, 'die')).rejects.toMatchObject({ afterMs: 500 });
    clock.pass(500);
    await expect(call(to, 'die')).rejects.toMatchObject({ afterMs: 1_000 });
  });

  it('of a connection that has changed ends when its last call is answered; new calls go to the new one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-hold-'));
    chmodSync(folder, 0o755);
    const file = join(folder, 'go');
    const before = await call(connection(STDIO), 'pid');
    const held = call(connection(STDIO), 'hold', { file });
    const after = await call(connection(STDIO, 2), 'pid');
    expect(after).not.toBe(before);
    expect(isAlive(before)).toBe(true);
    writeFileSync(file, '');
    expect(await held).toBe(before);
    await eventually(() => expect(isAlive(before)).toBe(false));
    expect(await call(connection(STDIO, 2), 'pid')).toBe(after);
    rmSync(folder, { recursive: true });
  });

  it('that nobody has used for a minute ends, and not sooner', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const to = connection(STDIO);
    const first = await call(to, 'pid');
    vi.advanceTimersByTime(59_000);
    expect(await call(to, 'pid')).toBe(first);
    vi.advanceTimersByTime(59_000);
    expect(await call(to, 'pid')).toBe(first);
    vi.advanceTimersByTime(60_000);
    await eventually(() => expect(isAlive(first)).toBe(false));
    expect(await call(to, 'pid')).not.toBe(first);
  });

  it('ends with the server', async () => {
    const pid = await call(connection(STDIO), 'pid');
    await clients.onApplicationShutdown();
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});

describe('a server of streamable HTTP', () => {
  const open = async (tools: Record<string, Tool>): Promise<[McpHttpServer, Connection<'mcp'>]> => {
    const server = await McpHttpServer.start({ echo: ({ text }) => String(text), ...tools });
    return [server, connection({ transport: 'http', url: server.url })];
  };

  it('that has been started again is asked anew at once, and nothing is called twice', async () => {
    const [server, to] = await open({});
    expect(await call(to, 'echo', { text: 'a' })).toBe('a');
    server.forgetSessions();
    expect(await call(to, 'echo', { text: 'b' })).toBe('b');
    expect(server.calls).toEqual(['echo', 'echo']);
  });

  it('whose answer breaks off fails the call as lost, and takes the next one in a new session', async () => {
    const [server, to] = await open({
      begin: async (_given, begin) => {
        await begin();
        return new Promise(() => undefined);
      },
    });
    expect(await call(to, 'echo', { text: 'a' })).toBe('a');
    const lost = call(to, 'begin');
    lost.catch(() => undefined);
    await eventually(() => expect(streams.at(-1)).toBe('begin'));
    server.cut();
    await expect(lost).rejects.toMatchObject({ code: 'mcp_server_lost', retryable: true });
    clock.pass(500);
    expect(await call(to, 'echo', { text: 'b' })).toBe('b');
    expect(server.calls).toEqual(['echo', 'begin', 'echo']);
  });

  it('hears when its session is not needed any more', async () => {
    const [server, to] = await open({});
    await call(to, 'echo', { text: 'a' });
    await clients.onApplicationShutdown();
    expect(server.ended).toHaveLength(1);
  });
});
