import type { OutgoingResponse } from '../../../common/http/outgoing-http.js';
import { NodeError } from '../../nodes.errors.js';
import type { HttpPagination } from './http-pagination.config.js';

export interface Page {
  readonly response: OutgoingResponse;
  readonly body: unknown;
  readonly items: readonly unknown[];
}

/** The items of a page. @throws NodeError `response_invalid` when no list stands where `items` points. */
export function itemsOf(body: unknown, pagination: HttpPagination): readonly unknown[] {
  const items = at(body, pagination.items);
  if (Array.isArray(items)) return items;
  if (items === null || items === undefined) return [];
  throw new NodeError('response_invalid', `The page holds no list at "${pagination.items ?? ''}"`);
}

/** The URL of the first page: by page numbers it names its number too. */
export function firstUrl(url: URL, pagination: HttpPagination): URL {
  return pagination.type === 'page'
    ? withParameter(url, pagination.parameter ?? 'page', String(pagination.start))
    : url;
}

/** The URL of the page after `page`, which was the `count`th; null after the last one. */
export function nextUrl(url: URL, page: Page, count: number, pagination: HttpPagination): URL | null {
  if (pagination.type === 'page') {
    if (page.items.length === 0) return null;
    return withParameter(url, pagination.parameter ?? 'page', String(pagination.start + count));
  }
  const next =
    pagination.next === undefined ? nextLink(page.response.headers.get('link')) : at(page.body, pagination.next);
  if (next === null || next === undefined || next === '' || next === false) return null;
  const text = typeof next === 'string' ? next : JSON.stringify(next);
  if (pagination.type === 'cursor') return withParameter(url, pagination.parameter ?? 'cursor', text);
  return URL.parse(text, page.response.url);
}

/** The target of `rel="next"` in a Link header (RFC 8288). */
function nextLink(header: string | null): string | null {
  for (const [, target, attributes] of (header ?? '').matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (/;\s*rel="?([^";]*\s)?next(\s[^";]*)?"?/i.test(attributes ?? '')) return target ?? null;
  }
  return null;
}

function at(value: unknown, path: string | undefined): unknown {
  if (path === undefined || path === '') return value;
  return path.split('.').reduce<unknown>((inner, key) => {
    const isOwn = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key);
    return isOwn ? (inner as Record<string, unknown>)[key] : undefined;
  }, value);
}

function withParameter(url: URL, name: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}
