import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Clock } from '../clock.js';
import type { Connection } from '../connections/connections.js';
import { AppError } from '../errors/app-error.js';
import { OutgoingHttp } from '../http/outgoing-http.js';
import { McpFailure } from './mcp.errors.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that nobody asks for so long is closed: an idle Millrace is small. */
const IDLE_MS = 60_000;
const START_MS = 30_000;
/** Of the protocol's SDK: the connection is closed. */
const CLOSED = -32_000;

interface Opened {
  readonly revision: number;
  readonly client: Promise<Client>;
  users: number;
  isStale: boolean;
  idle: NodeJS.Timeout | undefined;
}

interface Trouble {
  readonly times: number;
  readonly notBefore: number;
}

/** One client, and with stdio one process, for each connection; made when first used and again after a crash, with a pause. */
@Injectable()
export class McpClients implements OnApplicationShutdown {
  private readonly open = new Map<string, Opened>();
  private readonly troubles = new Map<string, Trouble>();

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {}

  /** @throws McpFailure; the signal's reason when aborted */
  async use<T>(connection: Connection<'mcp'>, signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const opened = this.of(connection);
    opened.users++;
    clearTimeout(opened.idle);
    try {
      const client = await orAborted(opened.client, signal);
      const result = await orAborted(work(client), signal);
      this.troubles.delete(connection.id);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw this.failureOf(connection, error);
    } finally {
      opened.users--;
      if (opened.users === 0) this.rest(connection.id, opened);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    for (const opened of all) clearTimeout(opened.idle);
    await Promise.all(all.map(close));
  }

  private of(connection: Connection<'mcp'>): Opened {
    const known = this.open.get(connection.id);
    if (known?.revision === connection.revision) return known;
    if (known !== undefined) {
      known.isStale = true;
      if (known.users === 0) void close(known);
    }
    const { times, notBefore } = this.troubles.get(connection.id) ?? { times: 0, notBefore: 0 };
    const left = notBefore - this.clock.now();
    if (known === undefined && left > 0)
      throw new McpFailure('mcp_server_unavailable', `The MCP server of "${connection.name}" failed ${times} times`, {
        retryable: true,
        afterMs: left,
      });
    const client = this.connect(connection, () => this.forget(connection.id, opened));
    const opened: Opened = { revision: connection.revision, client, users: 0, isStale: false, idle: undefined };
    client.catch(() => this.forget(connection.id, opened));
    this.open.set(connection.id, opened);
    return opened;
  }

  private async connect(connection: Connection<'mcp'>, onclose: () => void): Promise<Client> {
    const [{ Client }, transport] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      this.transport(connection),
    ]);
    const client = new Client({ name: 'millrace', version: '1' });
    client.onclose = onclose;
    try {
      await client.connect(transport, { timeout: START_MS });
      return client;
    } catch (error) {
      await transport.close();
      const stderr = 'stderr' in transport ? String(transport.stderr).trim() : '';
      if (stderr === '' || error instanceof AppError) throw error;
      throw new Error(`${messageOf(error)}: ${stderr.split('\n').at(-1) ?? ''}`, { cause: error });
    }
  }

  private async transport({ id, config }: Connection<'mcp'>): Promise<Transport> {
    if (config.transport === 'stdio')
      return new (await import('./confined-transport.js')).ConfinedTransport(config, id);
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const options = { fetch: this.http.fetch, requestInit: { headers: config.headers ?? {} } };
    return new StreamableHTTPClientTransport(new URL(config.url ?? ''), options);
  }

  private forget(id: string, opened: Opened): void {
    if (this.open.get(id) === opened) this.open.delete(id);
  }

  private rest(id: string, opened: Opened): void {
    if (opened.isStale) return void close(opened);
    opened.idle = setTimeout(() => {
      this.forget(id, opened);
      void close(opened);
    }, IDLE_MS).unref();
  }

  /** A lost server is started again, later each time; what a server answered says nothing of its health. */
  private failureOf(connection: Connection<'mcp'>, error: unknown): AppError {
    const own = appErrorIn(error);
    if (own !== null) return own;
    const { code } = error as { code?: unknown };
    if (typeof code === 'number' && code < 0 && code !== CLOSED)
      return new McpFailure('mcp_refused', `The MCP server of "${connection.name}" refused: ${messageOf(error)}`, {
        cause: error,
      });
    if (code === 401 || code === 403)
      return new McpFailure('mcp_unauthorized', `The MCP server of "${connection.name}" wants other credentials`, {
        cause: error,
      });
    const times = (this.troubles.get(connection.id)?.times ?? 0) + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1));
    this.troubles.set(connection.id, { times, notBefore: this.clock.now() + pause });
    const message = `The MCP server of "${connection.name}" was lost: ${messageOf(error)}`;
    return new McpFailure('mcp_server_lost', message, { retryable: true, afterMs: pause, cause: error });
  }
}

async function close({ client }: Opened): Promise<void> {
  await client.then((opened) => opened.close()).catch(() => undefined);
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function appErrorIn(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  return error instanceof Error && error.cause !== undefined ? appErrorIn(error.cause) : null;
}
