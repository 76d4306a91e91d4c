import { AppError } from './errors/app-error.js';
import { isId } from './ids.js';

/** A page of a list, keyset by id: `next_cursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 500;

export function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws AppError 422 `cursor_invalid` */
export function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
  } catch (cause) {
    throw cursorInvalid(cause);
  }
}

/** The cursor of a list that is ordered by id. @throws AppError 422 `cursor_invalid` */
export function decodeIdCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const key = decodeCursor(cursor);
  if (typeof key !== 'string' || !isId(key)) throw cursorInvalid();
  return key;
}

function cursorInvalid(cause?: unknown): AppError {
  return new AppError({
    code: 'cursor_invalid',
    status: 422,
    message: 'The cursor was not made by this API. Leave it out to start from the first page.',
    errors: [{ path: 'cursor', code: 'cursor_invalid', message: 'not a cursor of this API' }],
    cause,
  });
}

/** Cuts the `limit + 1` rows that a keyset query fetched into a page. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
  map: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null;
  return { items: shown.map(map), next_cursor: next };
}
