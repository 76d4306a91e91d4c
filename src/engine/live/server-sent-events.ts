/** Something that happened in an execution; `id` is the position after it. */
export interface LiveEvent {
  readonly event: 'execution' | 'step' | 'log' | 'token' | 'end' | 'interrupted';
  readonly data: unknown;
  readonly id?: string;
}

/** A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html), `data` as one line of JSON. */
export function sseEvent({ event, data, id }: LiveEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Keeps proxies from closing a quiet connection. */
export const HEARTBEAT = ': heartbeat\n\n';

/** Tells a client how many milliseconds to wait before it connects again; also sends the headers at once. */
export const OPENING = 'retry: 2000\n\n';
