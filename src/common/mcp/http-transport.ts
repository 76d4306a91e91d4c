import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { BROKEN_OFF } from './broken-off.js';

type Fetch = typeof globalThis.fetch;
type Send = StreamableHTTPClientTransport['send'];

/** What was read last reaches its call within that time. */
const LAST_WORD_MS = 1_000;
/** How long a server may take to hear that we are gone. */
const FAREWELL_MS = 1_000;
/** An event with an id: the SDK asks for the rest of the stream by itself. */
const RESUMABLE = /[\r\n]id:/;
const GIVEN_UP = 'Maximum reconnection attempts';

/** @param isResumable the SDK asks for the rest of it by itself */
type Ended = (id: RequestId, isResumable: boolean) => void;

interface Call {
  /** The stream of its answer has ended without it. */
  isCut: boolean;
}

/**
 * Streamable HTTP by the SDK, which leaves a call waiting for ever whose stream breaks off: here it fails. A session that
 * is not needed any more is ended.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  private readonly calls = new Map<RequestId, Call>();

  constructor(url: URL, headers: Readonly<Record<string, string>>, fetch: Fetch) {
    let ended: Ended = () => undefined;
    super(url, { fetch: watchedBy((...end) => ended(...end), fetch), requestInit: { headers } });
    ended = (id, isResumable) => this.ended(id, isResumable);
  }

  /** The protocol has set its handlers by now. */
  override async start(): Promise<void> {
    const { onmessage, onerror } = this;
    this.onmessage = (message) => {
      if (!('method' in message) && message.id !== undefined) this.calls.delete(message.id);
      onmessage?.(message);
    };
    this.onerror = (error) => {
      onerror?.(error);
      if (error.message.startsWith(GIVEN_UP)) this.failCut();
    };
    await super.start();
  }

  override send(...given: Parameters<Send>): Promise<void> {
    const [message] = given;
    if (isRequest(message)) this.calls.set(message.id, { isCut: false });
    return super.send(...given);
  }

  /** Servers that hear of it free what they keep for the session. */
  override async close(): Promise<void> {
    let patience: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (patience = setTimeout(resolve, FAREWELL_MS)));
    await Promise.race([this.terminateSession().catch(() => undefined), enough]);
    clearTimeout(patience);
    this.calls.clear();
    await super.close();
  }

  private ended(id: RequestId, isResumable: boolean): void {
    const call = this.calls.get(id);
    if (call !== undefined) call.isCut = true;
    if (!isResumable) setTimeout(() => this.fail(id), LAST_WORD_MS).unref();
  }

  private failCut(): void {
    for (const [id, { isCut }] of this.calls) if (isCut) this.fail(id);
  }

  private fail(id: RequestId): void {
    if (!this.calls.has(id)) return;
    const error = { code: -32_000, message: 'the answer broke off', data: BROKEN_OFF };
    this.onmessage?.({ jsonrpc: '2.0', id, error });
  }
}

function isRequest(message: Parameters<Send>[0]): message is JSONRPCMessage & { id: RequestId; method: string } {
  return !Array.isArray(message) && 'method' in message && 'id' in message;
}

/** Tells of each stream that answers a call when it is over, however it ends. */
function watchedBy(ended: Ended, fetch: Fetch): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const id = init?.method === 'POST' ? requestId(init.body) : undefined;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (id === undefined || !isStream || response.body === null) return response;
    const { status, statusText, headers } = response;
    const body = ReadableStream.from(through(response.body, (isResumable) => ended(id, isResumable)));
    return new Response(body, { status, statusText, headers: [...headers] });
  };
}

async function* through(
  body: AsyncIterable<Uint8Array>,
  ended: (isResumable: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let seen = '\n';
  let isResumable = false;
  try {
    for await (const chunk of body) {
      seen += Buffer.from(chunk).toString('latin1');
      isResumable ||= RESUMABLE.test(seen);
      seen = seen.slice(-'\nid:'.length);
      yield chunk;
    }
  } finally {
    ended(isResumable);
  }
}

function requestId(body: unknown): RequestId | undefined {
  const { id, method } = JSON.parse(String(body)) as { id?: RequestId; method?: string };
  return method === undefined ? undefined : id;
}
