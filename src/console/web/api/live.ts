import { send } from './client';
import { ApiProblem } from './problem';

export interface LiveEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

/** Milliseconds before a broken stream is asked for again. */
const AGAIN_MS = 1000;

/**
 * Server-sent events by `fetch`, because a browser's EventSource can send no key. Comes back after a break where it left
 * off; ends after `end`, when `signal` says so, or when the server refuses.
 */
export async function follow(path: string, signal: AbortSignal, take: (event: LiveEvent) => void): Promise<void> {
  let last: string | null = null;
  for (;;) {
    let isOver = false;
    try {
      const response = await send(path, { signal, headers: last === null ? {} : { 'Last-Event-ID': last } });
      for await (const event of eventsOf(response)) {
        last = event.id ?? last;
        isOver ||= event.event === 'end';
        take(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      const isRefusal = error instanceof ApiProblem && error.status >= 400 && error.status < 500;
      if (isRefusal) throw error;
    }
    if (isOver || signal.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* eventsOf(response: Response): AsyncGenerator<LiveEvent> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event !== null) yield event;
    }
  }
}

function parse(block: string): LiveEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    fields.set(name, fields.has(name) ? `${fields.get(name) ?? ''}\n${value ?? ''}` : (value ?? ''));
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  return { id: fields.get('id') ?? null, event: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown };
}
