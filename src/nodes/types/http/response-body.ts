import { createHash } from 'node:crypto';
import { toFileName } from '../../../common/file-name.js';
import type { OutgoingResponse, ResponseHead } from '../../../common/http/outgoing-http.js';
import { NodeError } from '../../nodes.errors.js';
import type { HttpConfig } from './http.config.js';

const JSON_TYPE = /^(application|text)\/([\w.-]+\+)?json\b/i;
const TEXT_TYPE = /^(text\/|application\/(([\w.-]+\+)?xml|javascript|x-www-form-urlencoded|graphql|yaml|x-ndjson)\b)/i;

/** The body as the config asks for it; null when it is empty. @throws NodeError `response_invalid` when it is no JSON */
export function decodeBody(response: OutgoingResponse, form: HttpConfig['response']): unknown {
  if (response.body.length === 0) return null;
  const type = response.headers.get('content-type') ?? '';
  if (form === 'text') return asText(response.body, type);
  if (form === 'json') return asJson(response.body, type);
  if (JSON_TYPE.test(type)) return asJsonOrText(response.body, type);
  return type === '' || TEXT_TYPE.test(type) ? asText(response.body, type) : asFile(response, type);
}

export function asText(body: Buffer, type: string): string {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function asJson(body: Buffer, type: string): unknown {
  try {
    return JSON.parse(asText(body, type)) as unknown;
  } catch (cause) {
    throw new NodeError('response_invalid', 'The response is no JSON', { cause });
  }
}

/** A server that says JSON and sends none is common in errors; the text tells more than a failure would. */
function asJsonOrText(body: Buffer, type: string): unknown {
  try {
    return asJson(body, type);
  } catch {
    return asText(body, type);
  }
}

/** A name that a file may have: the one that the server gives, or the last part of the URL. */
export function nameOf({ headers, url }: ResponseHead): string {
  const named = /filename="?([^";]+)/i.exec(headers.get('content-disposition') ?? '')?.[1];
  const name = (named ?? new URL(url).pathname).split(/[/\\]/).pop() ?? '';
  return name === '' ? 'download' : toFileName(name);
}

function asFile(response: OutgoingResponse, type: string): object {
  const { body } = response;
  return {
    name: nameOf(response),
    type: type === '' ? 'application/octet-stream' : type,
    size: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
    content: body.toString('base64'),
  };
}
