import { BodyInvalidError } from './workflows.errors.js';

/** For OpenAPI. */
export const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The ETag that the change is based on.',
} as const;

const TAG = /^(?:W\/)?"?(\d{1,10})"?$/;

/**
 * The revisions that an `If-Match` header names (RFC 9110, section 13.1.1); null: any will do. A tag that this API never
 * made matches nothing.
 */
export function revisionsIn(header: string | undefined): readonly number[] | null {
  if (header === undefined || header.trim() === '*') return null;
  if (header.trim() === '') throw new BodyInvalidError([{ path: 'If-Match', code: 'if_match', message: 'is empty' }]);
  return header.split(',').map((tag) => Number(TAG.exec(tag.trim())?.[1] ?? -1));
}

export function etagOf(revision: number): string {
  return `"${revision}"`;
}
