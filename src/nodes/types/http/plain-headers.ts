import type { OutgoingResponse } from '../../../common/http/outgoing-http.js';

/** By lower-case name; cookies, which cannot be joined, are a list. */
export function plainHeaders({ headers }: OutgoingResponse): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) };
}
