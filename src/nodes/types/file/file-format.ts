import { isUtf8 } from 'node:buffer';
import { NodeError } from '../../nodes.errors.js';
import type { FileConfig } from './file.config.js';

type Format = FileConfig['format'];

export const TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; charset=utf-8',
  base64: 'application/octet-stream',
  json: 'application/json',
};
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;

/** @throws NodeError `content_invalid` */
export function encode(content: unknown, format: Format): string | Buffer {
  if (format === 'json') return JSON.stringify(content ?? null);
  if (typeof content !== 'string') throw invalid(`content must be a text with format ${format}; format json takes any`);
  if (format === 'text') return content;
  const compact = content.replaceAll(/\s/g, '');
  if (!BASE64.test(compact)) throw invalid('content is not base64');
  return Buffer.from(compact, 'base64');
}

/** @throws NodeError `content_invalid` */
export function decode(bytes: Buffer, format: Format): unknown {
  if (format === 'base64') return bytes.toString('base64');
  if (!isUtf8(bytes)) throw invalid('the file is not UTF-8; read it with format base64');
  const text = bytes.toString('utf8');
  if (format === 'text') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new NodeError('content_invalid', 'the file is not JSON', { cause });
  }
}

function invalid(message: string): NodeError {
  return new NodeError('content_invalid', message);
}
