import type { Connection, Pool, PoolConnection, PoolOptions } from 'mysql2';
import { serverAddress, type DatabaseConnection } from '../connections/database.connection.js';
import type { OutgoingSockets } from '../http/outgoing-sockets.js';
import { RowCollector } from './row-collector.js';
import type { SqlClient, SqlJob, SqlResult, SqlStatement } from './sql.contract.js';
import { sqlFault } from './sql-fault.js';
import { watchLimits } from './watch.js';

const CANCEL_GRACE_MS = 2_000;
const BEGIN = { read: 'START TRANSACTION READ ONLY', transaction: 'START TRANSACTION' } as const;

export class MysqlClient implements SqlClient {
  /** From the first use on: the driver is loaded only where somebody has such a database. */
  private pool: Promise<Pool> | null = null;

  constructor(
    readonly dialect: 'mysql' | 'mariadb',
    private readonly config: DatabaseConnection,
    private readonly sockets: OutgoingSockets,
  ) {}

  async run(job: SqlJob): Promise<SqlResult[]> {
    job.signal.throwIfAborted();
    const session: Session = { connection: await this.take(), isBroken: false };
    try {
      return await inTransaction(session, job, async () => {
        const results: SqlResult[] = [];
        for (const statement of job.statements) results.push(await this.execute(session, statement, job));
        return results;
      });
    } finally {
      if (session.isBroken) session.connection.destroy();
      else session.connection.release();
    }
  }

  async close(): Promise<void> {
    const pool = await this.pool;
    if (pool !== null) await new Promise<void>((resolve) => pool.end(() => resolve()));
  }

  private async open(): Promise<Pool> {
    const { createPool } = await import('mysql2');
    const size = this.config.pool_size;
    return createPool({ ...this.options(), connectionLimit: size, maxIdle: size, idleTimeout: 60_000 });
  }

  private async take(): Promise<PoolConnection> {
    const pool = await (this.pool ??= this.open());
    return new Promise((resolve, reject) => {
      pool.getConnection((error, connection) => {
        if (error) reject(sqlFault(appErrorOf(error)));
        else resolve(connection);
      });
    });
  }

  private async execute(session: Session, { sql, params, mostChanged }: SqlStatement, job: SqlJob): Promise<SqlResult> {
    job.signal.throwIfAborted();
    const collector = new RowCollector(job.maxRows);
    const stopping: { reason: unknown; cancelled: Promise<void> }[] = [];
    const stop = (reason: unknown): void => {
      if (stopping.length === 0) stopping.push({ reason, cancelled: this.cancel(session) });
    };
    const unwatch = watchLimits(job, stop);
    try {
      const affected = await perform(session.connection, sql, params.map(toParameter), (row) => {
        if (!collector.add(row)) stop(collector.fault);
      });
      if (collector.fault !== null) throw collector.fault;
      const { rows } = collector;
      // An upsert counts a row that it changes twice. A procedure gives rows, and says that it changed none.
      return { rows, rowCount: rows.length > 0 ? rows.length : Math.min(affected ?? 0, mostChanged ?? Infinity) };
    } catch (error) {
      // What the server did not say: the rest of its answer is still to come.
      if (!saysServer(error)) session.isBroken = true;
      throw stopping[0] === undefined ? sqlFault(error) : stopping[0].reason;
    } finally {
      unwatch();
      await stopping[0]?.cancelled;
    }
  }

  /** Over a connection of its own: the one that works hears nothing, and is not used again. */
  private async cancel(session: Session): Promise<void> {
    session.isBroken = true;
    const { threadId } = session.connection;
    const cut = setTimeout(() => session.connection.destroy(), CANCEL_GRACE_MS);
    const { createConnection } = await import('mysql2');
    const other = createConnection(this.options());
    other.on('error', () => undefined);
    try {
      await perform(other, `KILL QUERY ${threadId}`, [], () => undefined, 'text');
    } catch {
      session.connection.destroy();
    } finally {
      clearTimeout(cut);
      other.destroy();
    }
  }

  private options(): PoolOptions {
    const { host, port, database, username, password } = serverAddress(this.config);
    const { ssl } = this.config;
    return {
      host,
      port,
      database,
      user: username,
      password,
      ...(ssl !== 'disable' && { ssl: { rejectUnauthorized: ssl === 'require' } }),
      connectTimeout: 10_000,
      stream: () => this.sockets.open(host, port),
      // Kept as the server writes them: a Date would add a time zone that they do not have.
      dateStrings: true,
      supportBigNumbers: true,
      multipleStatements: false,
      // A statement of another number of rows is another statement, and the server keeps a limited number of all.
      maxPreparedStatements: 100,
      // A name that JavaScript gives a meaning to must fail its statement, not the process: so by the parser for rows.
      disableEval: true,
      flags: ['-LOCAL_FILES'],
    };
  }
}

/** A lent connection; a broken one does not go back to the pool. */
interface Session {
  readonly connection: PoolConnection;
  isBroken: boolean;
}

type OnRow = (row: Record<string, unknown>) => void;

/** @returns the rows changed; null for a statement that returned rows. */
function perform(
  connection: Connection,
  sql: string,
  params: unknown[],
  onRow: OnRow,
  protocol: 'prepared' | 'text' = 'prepared',
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let affected: number | null = null;
    let areRows = false;
    const query = protocol === 'prepared' ? connection.execute(sql, params as never[]) : connection.query(sql);
    query.on('fields', (fields: unknown) => (areRows = fields !== undefined));
    query.on('result', (row: Record<string, unknown> | null) => {
      if (row === null) return;
      if (areRows) onRow(row);
      else affected = Number(row['affectedRows'] ?? 0);
    });
    query.on('error', reject);
    query.on('end', () => resolve(affected));
  });
}

async function inTransaction<T>(session: Session, job: SqlJob, work: () => Promise<T>): Promise<T> {
  if (job.mode === 'single') return work();
  const say = (sql: string): Promise<unknown> => perform(session.connection, sql, [], () => undefined, 'text');
  try {
    await say(BEGIN[job.mode]);
    const result = await work();
    await say('COMMIT');
    return result;
  } catch (error) {
    if (!session.isBroken) await say('ROLLBACK').catch(() => session.connection.destroy());
    throw error instanceof Error ? sqlFault(error) : error;
  }
}

function saysServer(error: unknown): boolean {
  return error instanceof Error && typeof (error as { sqlState?: unknown }).sqlState === 'string';
}

/** Lists and objects are JSON. */
function toParameter(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** What the guarded socket refused may arrive wrapped. */
function appErrorOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
