/** A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html), `data` as one line of JSON. */
export function sseEvent(event: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Keeps proxies from closing a quiet connection. */
export const HEARTBEAT = ': heartbeat\n\n';

/** Tells a client how many milliseconds to wait before it connects again; also sends the headers at once. */
export const OPENING = 'retry: 2000\n\n';
