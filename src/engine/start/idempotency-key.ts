import { AppError } from '../../common/errors/app-error.js';
import type { OccurrenceKey } from '../engine.contract.js';

/** How long an `Idempotency-Key` points to the execution that it started. */
const TTL_MS = 24 * 60 * 60 * 1000;
const MAX_LENGTH = 255;

/**
 * @param scope the id of what the request was sent to: keys of different ones do not meet.
 * @param use tells keys of different routes apart.
 * @throws AppError 422 when it is too long.
 */
export function idempotencyKey(scope: string, key: string | undefined, use = 'idempotency'): OccurrenceKey | null {
  if (key === undefined || key === '') return null;
  if (key.length > MAX_LENGTH) throw tooLong();
  return { scope, key: `${use}:${key}`, ttlMs: TTL_MS };
}

function tooLong(): AppError {
  const hint = `at most ${MAX_LENGTH} characters`;
  const message = `Idempotency-Key must be ${hint}.`;
  const errors = [{ path: 'Idempotency-Key', code: 'invalid', message, hint }];
  return new AppError({ code: 'validation_failed', status: 422, message, errors });
}
