const RETRYABLE = new Set([408, 425, 429]);

/** Whether the same request may succeed later: the server was busy or broken, not the request wrong. */
export function isRetryable(status: number): boolean {
  return status >= 500 || RETRYABLE.has(status);
}

/** Milliseconds of a Retry-After header (RFC 9110, section 10.2.3: seconds or a date); null when there is none. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
