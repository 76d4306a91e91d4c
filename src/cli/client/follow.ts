import { setTimeout as pause } from 'node:timers/promises';
import { CliError, UnreachableError } from '../cli.errors.js';
import { EXIT } from '../exit-codes.js';
import type { ApiClient, Query } from './api-client.js';

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Connections that bring nothing, one after the other, until it is given up: some two minutes. */
const MOST_FAILURES = 25;

/**
 * The server-sent events of an execution up to its `end`, across restarts of the server: what breaks is connected again after
 * the last event that was heard.
 */
export async function* follow(
  api: ApiClient,
  path: string,
  query: Query,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  let last: string | null = null;
  for (let failures = 0; ; failures++) {
    try {
      for await (const event of connect(api, path, query, last, signal)) {
        if (event.event === 'interrupted') break;
        failures = 0;
        last = event.id ?? last;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (!isPassing(error) || failures >= MOST_FAILURES || signal?.aborted === true) throw error;
    }
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), undefined, { signal });
  }
}

async function* connect(
  api: ApiClient,
  path: string,
  query: Query,
  last: string | null,
  signal?: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const resume: Record<string, string> = last === null ? {} : { 'last-event-id': last };
  const response = await api.open(path, { query, headers: { accept: 'text/event-stream', ...resume }, signal });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parse(block);
        if (event !== null) yield event;
      }
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new UnreachableError(api.url, cause instanceof Error ? cause.message : String(cause));
  }
}

function parse(block: string): StreamEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
    fields.set(name, value);
  }
  const event = fields.get('event');
  if (event === undefined) return null;
  return { id: fields.get('id') ?? null, event, data: JSON.parse(fields.get('data') ?? 'null') };
}

function isPassing(error: unknown): boolean {
  return error instanceof CliError && error.exit === EXIT.unreachable;
}
