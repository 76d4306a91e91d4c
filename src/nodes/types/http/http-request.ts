import type { OutgoingRequest } from '../../../common/http/outgoing-http.js';
import { parseDuration } from '../../../common/duration.js';
import type { NodeContext } from '../../node.contract.js';
import { NodeError } from '../../nodes.errors.js';
import type { HttpAuth } from './http-auth.config.js';
import type { HttpConfig } from './http.config.js';
import { basicCredentials } from './oauth-tokens.js';
import { encodeBody, parameters, toText } from './request-body.js';
import type { SentFiles } from './sent-files.js';

const WITHOUT_BODY = new Set(['GET', 'HEAD']);

/** The request that a config describes, credentials but OAuth's in place. */
export async function buildRequest(
  { config, idempotencyKey, signal }: NodeContext<HttpConfig>,
  files: SentFiles,
): Promise<OutgoingRequest> {
  const method = config.method.toUpperCase();
  const url = withQuery(config.url, config.query ?? {});
  const headers = readHeaders(config.headers ?? {});
  if (config.auth) addCredentials(config.auth, url, headers);
  if (!headers.has('idempotency-key')) headers.set('idempotency-key', idempotencyKey);
  const body = WITHOUT_BODY.has(method) ? null : await readBody(config, headers, files);
  return {
    url: url.href,
    method,
    headers: Object.fromEntries(headers),
    body,
    signal,
    secretHeaders: secretHeaders(config),
    followRedirects: config.follow_redirects,
    timeoutMs: parseDuration(config.timeout) ?? undefined,
  };
}

async function readBody(config: HttpConfig, headers: Headers, files: SentFiles): Promise<OutgoingRequest['body']> {
  if (config.body_file === undefined) return await encodeBody(config.body, headers, files);
  const { blob, entry } = await files.open(config.body_file);
  if (!headers.has('content-type')) headers.set('content-type', entry.type);
  return blob;
}

/** The headers that no other origin may see. */
export function secretHeaders({ auth }: HttpConfig): string[] {
  return auth?.type === 'api_key' && auth.in === 'header' ? [auth.name] : [];
}

function withQuery(text: string, query: object): URL {
  const url = URL.parse(text);
  if (url === null) throw new NodeError('config_invalid', `url: "${text}" is no URL`);
  for (const [name, value] of parameters(query)) url.searchParams.append(name, value);
  return url;
}

function readHeaders(values: Readonly<Record<string, unknown>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    try {
      headers.set(name, toText(value));
    } catch (cause) {
      throw new NodeError('config_invalid', `headers: "${name}" is not a valid header`, { cause });
    }
  }
  return headers;
}

function addCredentials(auth: HttpAuth, url: URL, headers: Headers): void {
  if (auth.type === 'basic') headers.set('authorization', basicCredentials(auth.username ?? '', auth.password ?? ''));
  else if (auth.type === 'bearer') headers.set('authorization', `Bearer ${auth.token ?? ''}`);
  else if (auth.type === 'api_key' && auth.in === 'query') url.searchParams.set(auth.name, auth.key ?? '');
  else if (auth.type === 'api_key') headers.set(auth.name, auth.key ?? '');
}
