import { FormData, type BodyInit } from 'undici';
import { NodeError } from '../../nodes.errors.js';
import type { SentFiles } from './sent-files.js';

/**
 * The body in the form that the Content-Type header asks for. Sets the header where it was left out, and takes it away
 * for multipart, whose boundary only the client knows.
 */
export async function encodeBody(body: unknown, headers: Headers, files: SentFiles): Promise<BodyInit | null> {
  if (body === undefined || body === null) return null;
  const type = headers.get('content-type')?.toLowerCase() ?? '';
  if (typeof body === 'string') {
    if (type === '') headers.set('content-type', 'text/plain; charset=utf-8');
    return body;
  }
  if (type.startsWith('application/x-www-form-urlencoded')) return new URLSearchParams(parameters(body)).toString();
  if (type.startsWith('multipart/form-data')) {
    headers.delete('content-type');
    return await multipart(body, files);
  }
  if (type === '') headers.set('content-type', 'application/json');
  return JSON.stringify(body);
}

/** Pairs of a query or form: a list is one name several times, null is left out, objects are JSON. */
export function parameters(values: unknown): [string, string][] {
  return pairs(values).map(([name, item]) => [name, toText(item)]);
}

function pairs(values: unknown): [string, unknown][] {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new NodeError('config_invalid', 'A form or query must be an object of names and values');
  }
  return Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== null && item !== undefined)
      .map((item): [string, unknown] => [name, item]),
  );
}

export function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A part `{file, filename, type}` is a file of the execution. */
async function multipart(values: object, files: SentFiles): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of pairs(values)) {
    if (!isFilePart(value)) {
      form.append(name, toText(value));
      continue;
    }
    const { blob, entry } = await files.open(value.file, value.type);
    form.append(name, blob, value.filename ?? entry.name);
  }
  return form;
}

interface FilePart {
  readonly file: string;
  readonly filename?: string;
  readonly type?: string;
}

const PART_FIELDS = ['file', 'filename', 'type'];

function isFilePart(value: unknown): value is FilePart {
  if (typeof value !== 'object' || value === null || !('file' in value)) return false;
  return Object.entries(value).every(([name, item]) => PART_FIELDS.includes(name) && typeof item === 'string');
}
