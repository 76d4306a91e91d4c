import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Fault } from '../../../common/errors/app-error.js';

/** Of the connection, not of the answer (RFC 9110, 7.6.1), or computed from the body: the server's own to send. */
const OWN = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What is wrong with headers whose values may still be templates. */
export function headerFaults(headers: Readonly<Record<string, unknown>>): Fault[] {
  const seen = new Set<string>();
  return Object.entries(headers).flatMap(([name, value]): Fault[] => {
    const message = faultOfName(name, seen) ?? faultOfValue(name, value);
    seen.add(name.toLowerCase());
    return message === null ? [] : [{ path: `headers.${name}`, code: 'header_invalid', message }];
  });
}

function faultOfName(name: string, seen: ReadonlySet<string>): string | null {
  if (OWN.has(name.toLowerCase())) return `${name} is set by the server itself`;
  if (seen.has(name.toLowerCase())) return `${name} is given twice`;
  return accepted(() => validateHeaderName(name)) ? null : `"${name}" is no name of a header`;
}

function faultOfValue(name: string, value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return null;
  if (typeof value !== 'string') return `${name} must be text, a number, true or false`;
  // An expression may hold line breaks; what it gives is asked again.
  if (value.includes('{{')) return null;
  const fits = accepted(() => validateHeaderValue(name, value));
  return fits ? null : `${name} holds line breaks or other characters that a header cannot`;
}

function accepted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
