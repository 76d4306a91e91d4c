import { ResponseTooLargeError } from '../../../common/http/http.errors.js';
import type { OutgoingRequest, OutgoingResponse } from '../../../common/http/outgoing-http.js';
import type { HttpPagination } from './http-pagination.config.js';
import { firstUrl, itemsOf, nextUrl, type Page } from './pagination.js';
import { decodeBody } from './response-body.js';
import { plainHeaders } from './plain-headers.js';

/** What all pages together may hold, bytes: an output is no larger either. */
const MOST_BYTES = 16 * 1024 * 1024;
const CREDENTIALS = ['authorization', 'cookie'];

type Send = (request: OutgoingRequest) => Promise<OutgoingResponse>;

/** Calls page after page, and gives the items of all as `body`. */
export async function collectPages(request: OutgoingRequest, pagination: HttpPagination, send: Send): Promise<object> {
  const start = firstUrl(new URL(request.url), pagination);
  const items: unknown[] = [];
  let url: URL | null = start;
  let last: OutgoingResponse | null = null;
  let pages = 0;
  let bytes = 0;
  while (url !== null && pages < pagination.max_pages) {
    last = await send(requestFor(url, start, request));
    const page = readPage(last, pagination);
    bytes += last.body.length;
    if (bytes > MOST_BYTES) throw new ResponseTooLargeError(MOST_BYTES);
    for (const item of page.items) items.push(item);
    pages += 1;
    url = nextUrl(url, page, pages, pagination);
  }
  return {
    status_code: last?.status,
    headers: last && plainHeaders(last),
    body: items,
    pages,
    truncated: url !== null,
  };
}

function readPage(response: OutgoingResponse, pagination: HttpPagination): Page {
  const body = decodeBody(response, 'json');
  return { response, body, items: itemsOf(body, pagination) };
}

/** A next link may lead anywhere: credentials stay with the origin that the config names. */
function requestFor(url: URL, start: URL, request: OutgoingRequest): OutgoingRequest {
  if (url.origin === start.origin) return { ...request, url: url.href };
  const secret = new Set([...CREDENTIALS, ...(request.secretHeaders ?? []).map((name) => name.toLowerCase())]);
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => !secret.has(name.toLowerCase()));
  return { ...request, url: url.href, headers: Object.fromEntries(headers) };
}
