import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { McpConnection } from '../../../common/connections/service.connection.js';
import type { OutgoingHttp } from '../../../common/http/outgoing-http.js';

/** https://modelcontextprotocol.io/specification/2025-06-18/basic/lifecycle */
const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'millrace', version: '1' } },
});
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Begins a conversation. @returns the server's name */
export function tryMcp(config: McpConnection, http: OutgoingHttp, signal: AbortSignal): Promise<string> {
  return config.transport === 'http' ? overHttp(config, http, signal) : overStdio(config, signal);
}

async function overHttp(
  { url = '', headers }: McpConnection,
  http: OutgoingHttp,
  signal: AbortSignal,
): Promise<string> {
  const accept = 'application/json, text/event-stream';
  const response = await http.request({
    url,
    method: 'POST',
    headers: { ...headers, accept, 'content-type': 'application/json' },
    body: INITIALIZE,
    secretHeaders: Object.keys(headers ?? {}),
    signal,
  });
  if (response.status !== 200) throw new Error(`initialize was answered with ${response.status}`);
  const text = response.body.toString();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return serverName(isStream ? (/^data: ?(\{.*)$/m.exec(text)?.[1] ?? '') : text);
}

async function overStdio({ command = '', args = [], env }: McpConnection, signal: AbortSignal): Promise<string> {
  const child = spawn(command, args, {
    env: { PATH: SYSTEM_PATH, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    signal,
    killSignal: 'SIGKILL',
  });
  const failed = once(child, 'error').then(([error]: unknown[]) => Promise.reject(error as Error));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the program ended without an answer')));
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${INITIALIZE}\n`);
  try {
    const lines = createInterface({ input: child.stdout });
    const answered = once(lines, 'line').then(([line]: unknown[]) => serverName(String(line)));
    return await Promise.race([answered, failed, ended]);
  } finally {
    failed.catch(() => undefined);
    ended.catch(() => undefined);
    killGroup(child.pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function serverName(text: string): string {
  const answer = JSON.parse(text) as { result?: { serverInfo?: { name?: string } }; error?: { message?: string } };
  if (answer.result === undefined) throw new Error(answer.error?.message ?? 'the answer is none of the protocol');
  return answer.result.serverInfo?.name ?? 'MCP server';
}
