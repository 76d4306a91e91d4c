import { AppError } from '../errors/app-error.js';

/** The database holds a newer schema than this code: an older Millrace was started on it. */
export class NewerSchemaError extends AppError {
  constructor(unknown: readonly string[]) {
    super({
      code: 'newer_schema',
      message:
        `the database has a newer schema than this Millrace (it does not know ${unknown.join(', ')}). ` +
        'Start the newer version, or restore a backup from before the upgrade',
    });
  }
}

export class PostgresTooOldError extends AppError {
  constructor(version: string) {
    super({
      code: 'postgres_too_old',
      message: `the database is PostgreSQL ${version}; Millrace needs PostgreSQL 15 or newer`,
    });
  }
}

/** The database cannot be used as DATABASE_URL names it. The message holds no password. */
export class DatabaseUnreachableError extends AppError {
  constructor(url: string, cause: unknown) {
    super({
      code: 'database_unreachable',
      message: `the database at ${withoutPassword(url)} cannot be used: ${reason(cause)}. Check DATABASE_URL`,
      cause,
    });
  }
}

/** The database did not answer in time; nothing is known to be recorded. The same request may be sent again. */
export class DatabaseUnavailableError extends AppError {
  constructor(cause: unknown) {
    super({
      code: 'database_unavailable',
      status: 503,
      retryable: true,
      message: 'The database does not answer at the moment. Try again shortly.',
      headers: { 'Retry-After': '2' },
      cause,
    });
  }
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    return parsed.href;
  } catch {
    return '(unreadable URL)';
  }
}

/** A name with several addresses fails with one error for each. */
function reason(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.map(reason).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
