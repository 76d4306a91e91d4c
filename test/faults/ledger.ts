import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterFile } from '../support/cleanup.js';

/** One call that a step made, as it stands in the file. */
export interface LedgerCall {
  /** Its place among all calls. */
  readonly seq: number;
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly at: number;
  readonly url: string;
  /** What the step itself says of itself in its body. */
  readonly execution: string;
  readonly path: string;
  readonly attempt: number;
  /** The header `Idempotency-Key`. */
  readonly key: string;
}

/** A call that was written down and has no answer yet; what comes after the first answer changes nothing. */
export interface HeldCall {
  readonly call: LedgerCall;
  answer(): void;
  /** Breaks the connection instead. */
  drop(): void;
}

interface Hold {
  readonly wants: (call: LedgerCall) => boolean;
  readonly take: (held: HeldCall) => void;
}

/**
 * The world outside: a server that writes each call into a file, synced, before it answers. What it has written happened,
 * whatever any database says. The first call of each key below `/flaky` is answered with 503.
 */
export class Ledger {
  url = '';
  private readonly file: number;
  private readonly refused = new Set<string>();
  private readonly holds = new Set<Hold>();
  private seq = 0;
  private unwritten: { call: LedgerCall; response: ServerResponse }[] = [];

  constructor(private readonly path: string) {
    this.file = openSync(path, 'a');
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.receive(request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    afterFile(async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      closeSync(this.file);
    });
  }

  get count(): number {
    return this.seq;
  }

  /** The next call that `wants` accepts stays without an answer. null: none came in time. */
  hold(wants: (call: LedgerCall) => boolean, limitMs: number): Promise<HeldCall | null> {
    return new Promise((resolve) => {
      const end = (held: HeldCall | null): void => {
        clearTimeout(timer);
        this.holds.delete(hold);
        resolve(held);
      };
      const hold: Hold = { wants, take: end };
      const timer = setTimeout(() => end(null), limitMs);
      this.holds.add(hold);
    });
  }

  /** Everything in the file. */
  read(): LedgerCall[] {
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LedgerCall);
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { execution, path, attempt } = JSON.parse(Buffer.concat(chunks).toString()) as LedgerCall;
      const key = String(request.headers['idempotency-key'] ?? '');
      const call = { seq: this.seq++, at: Date.now(), url: request.url ?? '', execution, path, attempt, key };
      this.unwritten.push({ call, response });
      if (this.unwritten.length === 1) setImmediate(() => this.write());
    });
  }

  /** All that came in one turn of the event loop share a sync. */
  private write(): void {
    const batch = this.unwritten;
    this.unwritten = [];
    writeSync(this.file, batch.map(({ call }) => `${JSON.stringify(call)}\n`).join(''));
    fdatasyncSync(this.file);
    for (const { call, response } of batch) this.respond(call, response);
  }

  private respond(call: LedgerCall, response: ServerResponse): void {
    const answer = (): void => {
      if (response.headersSent || response.destroyed) return;
      const refuses = call.url.startsWith('/flaky') && !this.refused.has(call.key);
      this.refused.add(call.key);
      response.writeHead(refuses ? 503 : 200, { 'content-type': 'application/json' }).end(`{"seq":${call.seq}}`);
    };
    const hold = [...this.holds].find(({ wants }) => wants(call));
    if (hold === undefined) answer();
    else hold.take({ call, answer, drop: () => response.destroy() });
  }
}
