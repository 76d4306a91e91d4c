import { parseDuration } from '../../common/duration.js';
import { AppError } from '../../common/errors/app-error.js';

/** Milliseconds. */
export const USUAL_WAIT_MS = 30_000;
const LONGEST_MS = 600_000;
const WANTED = 'a duration of at most 10m, such as 30s';

/** How long a request waits for its execution, in milliseconds. @throws AppError 422 */
export function waitTimeout(given: string | number | null | undefined): number {
  if (given === undefined || given === null) return USUAL_WAIT_MS;
  const parsed = parseDuration(given);
  if (parsed !== null && parsed <= LONGEST_MS) return parsed;
  const message = `wait_timeout must be ${WANTED}.`;
  const errors = [{ path: 'wait_timeout', code: 'value_invalid', message, hint: WANTED }];
  throw new AppError({ code: 'validation_failed', status: 422, message, errors });
}
