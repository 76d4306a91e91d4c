/**
 * The entry of a process that holds one SQLite file: SQLite blocks the thread that calls it, and only the end of a
 * process ends a statement for sure. This file stands alone, without imports of ours, so that Node runs it as it is
 * built and as source.
 */
import { constants, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteFault, SqliteJob, SqliteMessage } from './messages.js';

const [, , FILE = '', READ_ONLY = ''] = process.argv;
/** Bytes that SQLite itself may use. */
const HEAP_LIMIT = 256 * 1024 * 1024;
/** Pragmas that read, or that matter to one's own data only. */
const PRAGMAS = new Set([
  ...['table_info', 'table_xinfo', 'table_list', 'index_list', 'index_info', 'foreign_key_list', 'user_version'],
  ...['foreign_keys', 'integrity_check', 'quick_check', 'foreign_key_check'],
]);
const { SQLITE_ATTACH, SQLITE_DENY, SQLITE_DETACH, SQLITE_OK, SQLITE_PRAGMA } = constants;

class LimitError extends Error {
  readonly limit: 'rows' | 'bytes';

  constructor(limit: 'rows' | 'bytes') {
    super(limit);
    this.limit = limit;
  }
}

const database = new DatabaseSync(FILE, { readOnly: READ_ONLY === 'read_only', timeout: 5_000, allowExtension: false });
database.enableDefensive(true);
database.exec(`PRAGMA hard_heap_limit = ${HEAP_LIMIT}; PRAGMA foreign_keys = ON`);
// No way to another file: neither by ATTACH (VACUUM INTO is one too) nor by a pragma that names a folder.
const authorize = (action: number, name: string | null): number => {
  if (action === SQLITE_ATTACH || action === SQLITE_DETACH) return SQLITE_DENY;
  return action !== SQLITE_PRAGMA || PRAGMAS.has((name ?? '').toLowerCase()) ? SQLITE_OK : SQLITE_DENY;
};
database.setAuthorizer(authorize);

function runJob(job: SqliteJob): SqliteMessage {
  try {
    own('PRAGMA query_only = ' + (job.mode === 'read' ? 'ON' : 'OFF'));
    if (job.mode !== 'transaction') return { kind: 'done', results: runAll(job) };
    database.exec('BEGIN IMMEDIATE');
    const results = runAll(job);
    database.exec('COMMIT');
    return { kind: 'done', results };
  } catch (error) {
    return { kind: 'failed', fault: faultOf(error) };
  } finally {
    // Also what a statement of the step itself has begun: the next step meets a clean connection.
    if (database.isTransaction) database.exec('ROLLBACK');
  }
}

/** A statement of ours, which may do what those of a step may not. */
function own(sql: string): void {
  database.setAuthorizer(null);
  database.exec(sql);
  database.setAuthorizer(authorize);
}

function runAll({ statements, maxRows, maxBytes }: SqliteJob): { rows: Record<string, unknown>[]; rowCount: number }[] {
  return statements.map(({ sql, params }) => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    const needed = placeholders(sql);
    if (params.length !== needed)
      throw new TypeError(`the statement has ${needed} placeholders, and ${params.length} values were given`);
    const values = params.map(toValue);
    if (statement.columns().length > 0) return collect(statement, values, maxRows, maxBytes);
    return { rows: [], rowCount: Number(statement.run(...values).changes) };
  });
}

/** SQLite takes what is missing for NULL. Texts, names and comments are passed over; a numbered one counts for those before it. */
function placeholders(sql: string): number {
  let count = 0;
  const parts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\?(\d*)|(?<!\w)[:@$]\w+/g;
  for (const [part, number] of sql.matchAll(parts)) {
    if (/^[:@$]/.test(part)) throw new TypeError(`write ? in place of each value, not ${part}`);
    if (part.startsWith('?')) count = number === '' ? count + 1 : Math.max(count, Number(number));
  }
  return count;
}

function collect(statement: StatementSync, values: SQLInputValue[], maxRows: number, maxBytes: number) {
  const rows: Record<string, unknown>[] = [];
  let bytes = 0;
  for (const row of statement.iterate(...values)) {
    if (rows.length >= maxRows) throw new LimitError('rows');
    const plain = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(value)]));
    bytes += JSON.stringify(plain).length;
    if (bytes > maxBytes) throw new LimitError('bytes');
    rows.push(plain);
  }
  return { rows, rowCount: rows.length };
}

function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** SQLite has neither booleans nor JSON of its own. */
function toValue(value: unknown): SQLInputValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function faultOf(error: unknown): SqliteFault {
  const message = error instanceof Error ? error.message : String(error);
  const { errcode } = error as { errcode?: unknown };
  return {
    message,
    errcode: typeof errcode === 'number' ? errcode : null,
    limit: error instanceof LimitError ? error.limit : null,
  };
}

function send(message: SqliteMessage): void {
  if (process.connected) process.send?.(message);
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (job: SqliteJob) => send(runJob(job)));
send({ kind: 'ready' });
