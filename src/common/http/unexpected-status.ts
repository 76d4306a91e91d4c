import type { OutgoingResponse } from './outgoing-http.js';
import { isRetryable, parseRetryAfter } from './retry-after.js';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: { readonly status_code: number; readonly body: string };
  /** Milliseconds until the server wants to hear again; null: it did not say. */
  readonly afterMs: number | null;
}

/** How much of a refusal's body is kept, bytes. */
const KEPT_BYTES = 4_096;

/** What an answer of status 400 and above means for the step that asked; null for a success. */
export function refusalOf({ status, url, body, headers }: OutgoingResponse, now: number): Refusal | null {
  if (status < 400) return null;
  const retryable = isRetryable(status);
  return {
    code: `http_${status}`,
    message: `${new URL(url).host} answered with status ${status}`,
    retryable,
    details: { status_code: status, body: body.subarray(0, KEPT_BYTES).toString() },
    afterMs: retryable ? parseRetryAfter(headers.get('retry-after'), now) : null,
  };
}
