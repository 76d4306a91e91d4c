import type { McpConnection } from '../../../common/connections/service.connection.js';
import type { OutgoingHttp } from '../../../common/http/outgoing-http.js';

/** https://modelcontextprotocol.io/specification/2025-06-18/basic/lifecycle */
const INITIALIZE = {
  jsonrpc: '2.0' as const,
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'millrace', version: '1' } },
};

export interface TriedMcp {
  readonly id: string;
  readonly config: McpConnection;
}

/** Begins a conversation. @returns the server's name */
export function tryMcp(tried: TriedMcp, http: OutgoingHttp, signal: AbortSignal): Promise<string> {
  return tried.config.transport === 'http' ? overHttp(tried.config, http, signal) : overStdio(tried, signal);
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
    body: JSON.stringify(INITIALIZE),
    secretHeaders: Object.keys(headers ?? {}),
    signal,
  });
  if (response.status !== 200) throw new Error(`initialize was answered with ${response.status}`);
  const text = response.body.toString();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return serverName(isStream ? (/^data: ?(\{.*)$/m.exec(text)?.[1] ?? '') : text);
}

/** Confined as the programs of `mcp` steps are, and as the same user, so that it finds the same files. */
async function overStdio({ id, config }: TriedMcp, signal: AbortSignal): Promise<string> {
  const { ConfinedTransport } = await import('../../../common/mcp/confined-transport.js');
  const transport = new ConfinedTransport(config, id);
  // Lines of no JSON are passed over, as they are when steps use it.
  const answered = new Promise<unknown>((resolve, reject) => {
    transport.onmessage = resolve;
    transport.onclose = () => reject(new Error(endOf(transport.stderr)));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  answered.catch(() => undefined);
  try {
    await transport.start();
    await transport.send(INITIALIZE);
    return serverName(JSON.stringify(await answered));
  } finally {
    await transport.close();
  }
}

function endOf(stderr: string): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return `the program ended without an answer${last === '' ? '' : `: ${last}`}`;
}

function serverName(text: string): string {
  const answer = JSON.parse(text) as { result?: { serverInfo?: { name?: string } }; error?: { message?: string } };
  if (answer.result === undefined) throw new Error(answer.error?.message ?? 'the answer is none of the protocol');
  return answer.result.serverInfo?.name ?? 'MCP server';
}
