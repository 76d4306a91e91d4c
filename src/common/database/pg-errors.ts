/** Five characters, one of them a digit: EPIPE and its like are the system's. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** The SQLSTATE of an error that PostgreSQL sent, else undefined. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && SQLSTATE.test(error.code) ? error.code : undefined;
}

/**
 * Also a full disk (53100): no statement works until there is room, then each does; and a transaction that stood still for
 * too long (25P03).
 */
const LOST_STATES = new Set(['53100', '25P03', '57P01', '57P02', '57P03', '57P05', '53300', '25006']);
const LOST_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EACCES',
]);
const LOST_MESSAGES = /connection (terminated|ended)|timeout (expired|exceeded)|not queryable|closed the connection/i;

/** Whether the connection or the server, not the statement, failed: the same statement may work on another connection. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || LOST_STATES.has(state);
  if ('code' in error && typeof error.code === 'string' && LOST_CODES.has(error.code)) return true;
  return LOST_MESSAGES.test(error.message);
}

/** Deadlock or serialisation failure: PostgreSQL chose a victim, and asks for another try. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** A statement behind one that failed in the same transaction: it does not say why. */
export function isAftermath(error: unknown): boolean {
  return sqlState(error) === '25P02';
}

export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}
