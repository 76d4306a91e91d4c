import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { afterFile } from './cleanup.js';

export interface RecordedCall {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RecordingServer {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  /** How many calls came to this path (without the query). */
  count(path: string): number;
  close(): Promise<void>;
}

/** What it returns is of no interest: `response.end(…)` may stand as an expression. */
export type Answer = (call: RecordedCall, response: ServerResponse) => unknown;

const ok: Answer = (_call, response) => {
  response.setHeader('content-type', 'application/json').end('{"ok":true}');
};

/** A server that keeps every call it receives, on 127.0.0.1. Closed after the last test of the file at the latest. */
export async function startRecordingServer(answer: Answer = ok): Promise<RecordingServer> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const call = { method, url, headers, body: Buffer.concat(chunks).toString() };
      calls.push(call);
      void answer(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the recording server has no address');
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  afterFile(close);
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    count: (path) => calls.filter((call) => call.url.split('?')[0] === path).length,
    close,
  };
}
