import type { BodyInit, Response } from 'undici';
import { UrlInvalidError } from './http.errors.js';

/** One request on the way through redirects. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: BodyInit | null;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'host'];
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];

/** The request that a redirect asks for, by the Fetch standard's HTTP-redirect fetch; null when it is no redirect. */
export function followRedirect(hop: Hop, response: Response, secretHeaders: readonly string[]): Hop | null {
  const location = response.headers.get('location');
  if (!REDIRECTS.has(response.status) || location === null) return null;
  const url = URL.parse(location, hop.url.href);
  if (url === null) throw new UrlInvalidError(`The redirect leads to "${location}", which is no URL`);
  const headers = new Headers(hop.headers);
  if (url.origin !== hop.url.origin) remove(headers, [...CREDENTIALS, ...secretHeaders]);
  if (!becomesGet(response.status, hop.method)) return { ...hop, url, headers };
  remove(headers, BODY_HEADERS);
  return { url, headers, method: 'GET', body: null };
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function remove(headers: Headers, names: readonly string[]): void {
  for (const name of names) headers.delete(name);
}
