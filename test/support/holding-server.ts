import type { ServerResponse } from 'node:http';
import { sendJson } from './send-json.js';
import { startRecordingServer, type RecordedCall, type RecordingServer } from './recording-server.js';

export interface HoldingServer extends RecordingServer {
  /** From now on calls whose path ends with this get no answer until they are let go. */
  hold(ending: string): void;
  /** Answers the calls that are held, and further ones at once. */
  letGo(ending: string): void;
  /** The next `times` calls of this very path are answered with 503. */
  fail(path: string, times: number): void;
  /** Idempotency keys of the calls to this path, in order. */
  keys(path: string): (string | undefined)[];
}

/** A recording server whose answers a test can hold back, so that a step stays in flight for as long as it wants. */
export async function startHoldingServer(): Promise<HoldingServer> {
  const held = new Map<string, ServerResponse[]>();
  const failures = new Map<string, number>();
  const answer = (call: RecordedCall, response: ServerResponse): void => {
    const path = pathOf(call);
    const left = failures.get(path) ?? 0;
    failures.set(path, left - 1);
    if (left > 0) return sendJson(response, { error: 'not now' }, 503);
    const ending = [...held.keys()].find((one) => path.endsWith(one));
    if (ending === undefined) return sendJson(response, { path });
    held.get(ending)?.push(response);
  };
  const server = await startRecordingServer(answer);
  return {
    ...server,
    hold: (ending) => void held.set(ending, []),
    letGo: (ending) => {
      const responses = held.get(ending) ?? [];
      held.delete(ending);
      for (const response of responses) sendJson(response, { held: true });
    },
    fail: (path, times) => void failures.set(path, times),
    keys: (path) =>
      server.calls
        .filter((call) => pathOf(call) === path)
        .map((call) => call.headers['idempotency-key'] as string | undefined),
  };
}

function pathOf(call: RecordedCall): string {
  return call.url.split('?')[0] ?? '';
}
