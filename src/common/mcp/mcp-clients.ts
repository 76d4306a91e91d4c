import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Clock } from '../clock.js';
import type { Connection } from '../connections/connections.js';
import { AppError } from '../errors/app-error.js';
import { OutgoingHttp } from '../http/outgoing-http.js';
import { BROKEN_OFF } from './broken-off.js';
import { McpFailure } from './mcp.errors.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that nobody asks for so long is closed: an idle Millrace is small. */
const IDLE_MS = 60_000;
const START_MS = 30_000;
/** Of the protocol's SDK: it waited too long. */
const REQUEST_TIMEOUT = -32_001;
/** How a server says that it does not know our session: the protocol's word, and that of many servers. */
const NO_SUCH_SESSION = [404, 400];

interface Opened {
  readonly revision: number;
  readonly client: Promise<Client>;
  users: number;
  /** Closed when its last user leaves. */
  isStale: boolean;
  /** Closed, by whomever. */
  isGone: boolean;
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
    try {
      return await this.useOnce(connection, signal, work);
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error;
      return await this.useOnce(connection, signal, work);
    }
  }

  private async useOnce<T>(
    connection: Connection<'mcp'>,
    signal: AbortSignal,
    work: (client: Client) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const isPooled = this.open.get(connection.id)?.revision === connection.revision;
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
      throw this.failureOf(connection, opened, isPooled, error);
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
    const gone = (): void => {
      opened.isGone = true;
      this.forget(connection.id, opened);
    };
    const client = this.connect(connection, gone);
    const { revision } = connection;
    const opened: Opened = { revision, client, users: 0, isStale: false, isGone: false, idle: undefined };
    client.catch(gone);
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
    const { HttpTransport } = await import('./http-transport.js');
    return new HttpTransport(new URL(config.url ?? ''), config.headers ?? {}, this.http.fetch);
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
  private failureOf(connection: Connection<'mcp'>, opened: Opened, isPooled: boolean, cause: unknown): AppError {
    const own = appErrorIn(cause);
    if (own !== null) return own;
    const { code, data } = cause as { code?: unknown; data?: unknown };
    const named = `The MCP server of "${connection.name}"`;
    const isLost = opened.isGone || data === BROKEN_OFF || isOurTimeout(code, data);
    if (typeof code === 'number' && code < 0 && !isLost)
      return new McpFailure('mcp_refused', `${named} refused: ${messageOf(cause)}`, { cause });
    if (code === 401 || code === 403)
      return new McpFailure('mcp_unauthorized', `${named} wants other credentials`, { cause });
    // Whoever comes next gets a new client; those who use this one may finish.
    this.forget(connection.id, opened);
    opened.isStale = true;
    if (isPooled && NO_SUCH_SESSION.includes(Number(code)))
      return new SessionEnded('mcp_server_lost', `${named} has ended the session`, { retryable: true, cause });
    const times = (this.troubles.get(connection.id)?.times ?? 0) + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1));
    this.troubles.set(connection.id, { times, notBefore: this.clock.now() + pause });
    const message = `${named} was lost: ${messageOf(cause)}`;
    return new McpFailure('mcp_server_lost', message, { retryable: true, afterMs: pause, cause });
  }
}

/** Not an error of the server's with the same number. */
function isOurTimeout(code: unknown, data: unknown): boolean {
  return code === REQUEST_TIMEOUT && typeof (data as { timeout?: unknown } | undefined)?.timeout === 'number';
}

/** A server that was started again does not know who asks, and has done nothing: it can be asked anew at once. */
class SessionEnded extends McpFailure {}

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
