import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Busboy } from '@fastify/busboy';
import { isTooDeep } from '../../../common/validation/body-bounds.js';
import type { BroughtFile } from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';

const MOST_PARTS = 1_000;
/** A shorter body cannot be nested too deep; bytes. */
const LEAST_DEEP = 2_000;

/** An uploaded file, as the payload holds it. */
export interface UploadedFile {
  field: string;
  name: string;
  type: string;
  /** As it came, in bytes. */
  size: number;
  sha256: string;
  /** The file of the execution; null while there is none. */
  file: BroughtFile | null;
}

export interface Upload {
  /** The very object that the body holds. */
  readonly shown: UploadedFile;
  readonly content: Buffer;
}

export interface ReadBody {
  readonly value: unknown;
  readonly uploads: readonly Upload[];
}

/**
 * What the bytes mean by their content type: JSON, a form, multipart with files, text, XML as text.
 * @throws DeliveryRefusedError 400 `body_invalid`, 415 `type_unsupported`
 */
export async function readBody(body: Buffer, contentType: string | undefined): Promise<ReadBody> {
  if (isMultipart(contentType) && body.length > 0) return readMultipart(body, contentType ?? '');
  return { value: readValue(body, contentType), uploads: [] };
}

export function isMultipart(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === 'multipart/form-data';
}

function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function readValue(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0) return null;
  if (contentType === undefined) return readText(body);
  const type = mediaTypeOf(contentType);
  if (type === 'application/json' || type.endsWith('+json')) return readJson(body);
  if (type === 'application/x-www-form-urlencoded') return readForm(body);
  if (type.startsWith('text/') || type === 'application/xml' || type.endsWith('+xml')) return readText(body);
  throw new DeliveryRefusedError({
    status: 415,
    code: 'type_unsupported',
    message: `A body of type ${type || 'unknown'} is not taken: JSON, forms, multipart, text and XML are.`,
  });
}

function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw unreadable('The body is not UTF-8.');
  let value: unknown;
  try {
    // Some senders begin with a byte order mark, which a reader may pass over (RFC 8259, 8.1).
    value = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    throw unreadable('The body is not JSON.');
  }
  // Each value inside another takes two bytes at least.
  if (body.length > LEAST_DEEP && isTooDeep(value)) throw unreadable('The values of the body are nested too deep.');
  return value;
}

function readText(body: Buffer): string {
  if (!isUtf8(body)) throw unreadable('The body is not UTF-8.');
  return body.toString('utf8');
}

/** A name that comes several times becomes a list. */
function readForm(body: Buffer): Record<string, unknown> {
  return collect(new URLSearchParams(readText(body)).entries());
}

function readMultipart(body: Buffer, contentType: string): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => reject(unreadable('The body is not multipart form data.'));
    try {
      const parser = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: Infinity, parts: MOST_PARTS },
      });
      const entries: [string, unknown][] = [];
      const uploads: Upload[] = [];
      parser.on('field', (field, value) => entries.push([field, value]));
      parser.on('file', (field, stream, name, _encoding, type) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const content = Buffer.concat(chunks);
          const shown = shownAs(field, name, type, content);
          uploads.push({ shown, content });
          entries.push([field, shown]);
        });
      });
      parser.on('partsLimit', refuse);
      parser.on('error', refuse);
      parser.on('finish', () => resolve({ value: collect(entries), uploads }));
      parser.end(body);
    } catch {
      refuse();
    }
  });
}

/** A part of binary data may come without a file name. */
function shownAs(field: string, given: string | undefined, type: string, content: Buffer): UploadedFile {
  const name = given ?? '';
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { field, name, type, size: content.length, sha256, file: null };
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
