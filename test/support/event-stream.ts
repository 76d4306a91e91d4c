import { ADMIN_KEY } from './app.js';

export interface StreamEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: any;
}

/** Reads server-sent events as a client would. End the iteration, and the connection is given up. */
export async function* eventsAt(
  url: string,
  headers: Record<string, string> = {},
): AsyncGenerator<StreamEvent, void, void> {
  const leave = new AbortController();
  const response = await fetch(url, { headers: { 'x-api-key': ADMIN_KEY, ...headers }, signal: leave.signal });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = parse(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    leave.abort();
  }
}

export async function allEvents(url: string, headers: Record<string, string> = {}): Promise<StreamEvent[]> {
  const found: StreamEvent[] = [];
  for await (const event of eventsAt(url, headers)) found.push(event);
  return found;
}

function parse(block: string): StreamEvent | null {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  const event = fields.get('event');
  if (event === undefined) return null;
  return { id: fields.get('id') ?? null, event, data: JSON.parse(fields.get('data') ?? 'null') };
}
