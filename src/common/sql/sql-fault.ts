import { AppError } from '../errors/app-error.js';
import { SqlError } from './sql.errors.js';

interface Kind {
  readonly code: string;
  readonly retryable: boolean;
}

const UNAVAILABLE: Kind = { code: 'database_unavailable', retryable: true };
const DENIED: Kind = { code: 'database_denied', retryable: false };
const CONFLICT: Kind = { code: 'database_conflict', retryable: true };
const CONSTRAINT: Kind = { code: 'constraint_violation', retryable: false };
const READ_ONLY: Kind = { code: 'read_only', retryable: false };
const INVALID: Kind = { code: 'sql_invalid', retryable: false };

/** Classes and codes of SQLSTATE, longest first: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STATES: readonly (readonly [string, Kind])[] = [
  ['25006', READ_ONLY],
  ['42501', DENIED],
  ['28', DENIED],
  ['3D', DENIED],
  ['40', CONFLICT],
  ['55P03', CONFLICT],
  ['23', CONSTRAINT],
  // What was asked broke the protocol: another number of values than of placeholders.
  ['08P01', INVALID],
  ['08', UNAVAILABLE],
  ['53', UNAVAILABLE],
  ['57P', UNAVAILABLE],
];
/** https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const MYSQL: Readonly<Record<number, Kind>> = Object.fromEntries(
  (
    [
      [DENIED, [1044, 1045, 1049, 1130, 1142, 1143, 1227, 1370, 1698]],
      [UNAVAILABLE, [1040, 1053, 1129, 1203, 1226, 1317, 1927, 2006, 2013, 3024]],
      [CONFLICT, [1020, 1205, 1213]],
      [CONSTRAINT, [1022, 1048, 1062, 1169, 1216, 1217, 1364, 1451, 1452, 1557, 1586, 3819, 4025]],
      [READ_ONLY, [1290, 1792, 1836]],
    ] as const
  ).flatMap(([kind, numbers]) => numbers.map((number) => [number, kind])),
);
/** Primary result codes: https://www.sqlite.org/rescode.html */
const SQLITE: Readonly<Record<number, Kind>> = {
  5: CONFLICT,
  6: CONFLICT,
  8: READ_ONLY,
  19: CONSTRAINT,
  23: DENIED,
  14: UNAVAILABLE,
};

/** What a driver threw, as an error with a code of ours. */
export function sqlFault(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { message, code, errno, errcode, sqlState } = toRecord(error);
  const kind = kindOf(code, errno, errcode) ?? INVALID;
  const state = typeof sqlState === 'string' ? sqlState : typeof code === 'string' ? code : '';
  return new SqlError(kind.code, state === '' ? message : `${message} (${state})`, {
    retryable: kind.retryable,
    cause: error,
  });
}

function kindOf(code: unknown, errno: unknown, errcode: unknown): Kind | undefined {
  if (typeof errcode === 'number') return SQLITE[errcode & 0xff];
  if (typeof errno === 'number' && errno > 0) return MYSQL[errno];
  if (typeof code !== 'string') return UNAVAILABLE;
  if (/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return STATES.find(([prefix]) => code.startsWith(prefix))?.[1];
  // ECONNREFUSED, ENOTFOUND, PROTOCOL_CONNECTION_LOST, …; the rest is about what was asked.
  return /^(E[A-Z]|PROTOCOL_|SELF_SIGNED|CERT_|DEPTH_|UNABLE_|HANDSHAKE)/.test(code) ? UNAVAILABLE : undefined;
}

function toRecord(error: unknown): { message: string } & Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, errno, errcode, sqlState } = error as unknown as Record<string, unknown>;
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0].message : '';
  return { message: error.message || inner || String(code), code, errno, errcode, sqlState };
}
