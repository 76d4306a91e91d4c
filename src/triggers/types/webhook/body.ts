import { isUtf8 } from 'node:buffer';
import { Busboy } from '@fastify/busboy';
import type { AcceptedFile } from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';

const MOST_PARTS = 1_000;

/** An uploaded file, as the payload holds it. */
export interface UploadedFile {
  field: string;
  name: string;
  type: string;
  size: number;
  /** base64 */
  content: string;
}

/**
 * What the bytes mean by their content type: JSON, a form, multipart with files, text, XML as text.
 * @throws DeliveryRefusedError 400 `body_invalid`, 415 `type_unsupported`
 */
export function readBody(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return null;
  if (contentType === undefined) return readText(body);
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) return readJson(body);
  if (type === 'application/x-www-form-urlencoded') return readForm(body);
  if (type === 'multipart/form-data') return readMultipart(body, contentType);
  if (type.startsWith('text/') || type === 'application/xml' || type.endsWith('+xml')) return readText(body);
  throw new DeliveryRefusedError({
    status: 415,
    code: 'type_unsupported',
    message: `A body of type ${type || 'unknown'} is not taken: JSON, forms, multipart, text and XML are.`,
  });
}

function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw unreadable('The body is not UTF-8.');
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw unreadable('The body is not JSON.');
  }
}

function readText(body: Buffer): string {
  if (!isUtf8(body)) throw unreadable('The body is not UTF-8.');
  return body.toString('utf8');
}

/** A name that comes several times becomes a list. */
function readForm(body: Buffer): Record<string, unknown> {
  return collect(new URLSearchParams(readText(body)).entries());
}

function readMultipart(body: Buffer, contentType: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => reject(unreadable('The body is not multipart form data.'));
    try {
      const parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: Infinity, parts: MOST_PARTS },
      });
      const entries: [string, unknown][] = [];
      parser.on('field', (field, value) => entries.push([field, value]));
      parser.on('file', (field, stream, name, _encoding, type) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => entries.push([field, fileOf(field, name, type, Buffer.concat(chunks))]));
      });
      parser.on('partsLimit', refuse);
      parser.on('error', refuse);
      parser.on('finish', () => resolve(collect(entries)));
      parser.end(body);
    } catch {
      refuse();
    }
  });
}

function fileOf(field: string, name: string, type: string, content: Buffer): UploadedFile {
  return { field, name, type, size: content.length, content: content.toString('base64') };
}

/** The files of a body that came as multipart, where everything else is text; undefined when there are none. */
export function uploadsIn(body: unknown, contentType: string | undefined): AcceptedFile[] | undefined {
  if (!/^\s*multipart\/form-data\b/i.test(contentType ?? '') || body === null) return undefined;
  const values = Object.values(body as Record<string, unknown>).flat();
  const files = values.filter((value): value is UploadedFile => typeof value === 'object' && value !== null);
  if (files.length === 0) return undefined;
  return files.map(({ name, type, content }) => ({ name, type, content: Buffer.from(content, 'base64') }));
}

function collect(entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of entries) {
    const earlier = values.get(name);
    if (!values.has(name)) values.set(name, value);
    else values.set(name, Array.isArray(earlier) ? [...(earlier as unknown[]), value] : [earlier, value]);
  }
  return Object.fromEntries(values);
}

function unreadable(message: string): DeliveryRefusedError {
  return new DeliveryRefusedError({ status: 400, code: 'body_invalid', message });
}
