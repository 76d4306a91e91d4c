import { AppError } from '../../common/errors/app-error.js';
import type { OccurrenceKey } from '../engine.contract.js';

/** How long an `Idempotency-Key` points to what it started. */
export const KEY_TTL_MS = 24 * 60 * 60 * 1000;
const MAX_LENGTH = 255;

/**
 * @param scope the id of what the request was sent to: keys of different ones do not meet.
 * @param use tells keys of different routes apart.
 * @throws AppError 422 when it is too long.
 */
export function idempotencyKey(scope: string, header: string | undefined, use = 'idempotency'): OccurrenceKey | null {
  const key = keyIn(header);
  return key === null ? null : { scope, key: `${use}:${key}`, ttlMs: KEY_TTL_MS };
}

/** What an `Idempotency-Key` header says; an empty one says nothing. @throws AppError 422 when it is too long. */
export function keyIn(header: string | undefined): string | null {
  if (header === undefined || header === '') return null;
  if (header.length > MAX_LENGTH) throw tooLong();
  return header;
}

function tooLong(): AppError {
  const hint = `at most ${MAX_LENGTH} characters`;
  const message = `Idempotency-Key must be ${hint}.`;
  const errors = [{ path: 'Idempotency-Key', code: 'invalid', message, hint }];
  return new AppError({ code: 'validation_failed', status: 422, message, errors });
}
