import { FormData, type BodyInit } from 'undici';
import { NodeError } from '../../nodes.errors.js';

/**
 * The body in the form that the Content-Type header asks for. Sets the header where it was left out, and takes it away
 * for multipart, whose boundary only the client knows.
 */
export function encodeBody(body: unknown, headers: Headers): BodyInit | null {
  if (body === undefined || body === null) return null;
  const type = headers.get('content-type')?.toLowerCase() ?? '';
  if (typeof body === 'string') {
    if (type === '') headers.set('content-type', 'text/plain; charset=utf-8');
    return body;
  }
  if (type.startsWith('application/x-www-form-urlencoded')) return new URLSearchParams(parameters(body)).toString();
  if (type.startsWith('multipart/form-data')) {
    headers.delete('content-type');
    return multipart(body);
  }
  if (type === '') headers.set('content-type', 'application/json');
  return JSON.stringify(body);
}

/** Pairs of a query or form: a list is one name several times, null is left out, objects are JSON. */
export function parameters(values: unknown): [string, string][] {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new NodeError('config_invalid', 'A form or query must be an object of names and values');
  }
  return Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== null && item !== undefined)
      .map((item): [string, string] => [name, toText(item)]),
  );
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function multipart(values: object): FormData {
  const form = new FormData();
  for (const [name, value] of parameters(values)) form.append(name, value);
  return form;
}
