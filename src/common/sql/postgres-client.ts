import type { Socket } from 'node:net';
import pg from 'pg';
import { serverAddress, type DatabaseConnection } from '../connections/database.connection.js';
import type { OutgoingSockets } from '../http/outgoing-sockets.js';
import { RowCollector } from './row-collector.js';
import { SqlError } from './sql.errors.js';
import type { SqlClient, SqlJob, SqlResult, SqlStatement } from './sql.contract.js';
import { sqlFault } from './sql-fault.js';
import { watchLimits } from './watch.js';

const { builtins } = pg.types;
type Parser = (text: string) => unknown;
const asText: Parser = (text) => text;
/**
 * Where the driver would lose something: dates without a zone are kept as the server writes them, a Date would add one;
 * numbers beyond 2^53 keep their digits. Lists by their own numbers: https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
 */
const PARSERS: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [builtins.DATE, asText],
  [builtins.TIMESTAMP, asText],
  [builtins.INTERVAL, asText],
  [builtins.INT8, BigInt],
  [1182, listOf(asText)],
  [1115, listOf(asText)],
  [1187, listOf(asText)],
  [1231, listOf(asText)],
  [1016, listOf(BigInt)],
]);
const parserOf = pg.types.getTypeParser.bind(pg.types) as (oid: number, format?: 'text') => Parser;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    PARSERS.get(oid) ?? parserOf(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

function listOf(parse: Parser): Parser {
  type Lists = { arrayParser: { create(text: string, parse: Parser): { parse(): unknown } } };
  return (text) => (pg.types as unknown as Lists).arrayParser.create(text, parse).parse();
}

/** How long a cancelled statement may take to end before its connection is cut. */
const CANCEL_GRACE_MS = 2_000;

/** Asked of each new connection, before anything else is. @throws when the connection must not be used */
export type Admission = (client: pg.ClientBase) => Promise<void>;

export class PostgresClient implements SqlClient {
  readonly dialect = 'postgresql';
  private readonly pool: pg.Pool;

  constructor(
    private readonly config: DatabaseConnection,
    private readonly sockets: OutgoingSockets,
    admit: Admission,
  ) {
    this.pool = new pg.Pool({
      ...clientOptions(config, sockets),
      max: config.pool_size,
      idleTimeoutMillis: 60_000,
      // The pool waits for the promise, although its types do not say so.
      onConnect: (client) => admit(client) as unknown as undefined,
    });
    this.pool.on('error', () => undefined);
  }

  async run(job: SqlJob): Promise<SqlResult[]> {
    job.signal.throwIfAborted();
    const client = await this.pool.connect().catch((error: unknown) => {
      throw sqlFault(error);
    });
    const session = { client, isBroken: false };
    const onError = (): void => void (session.isBroken = true);
    client.on('error', onError);
    try {
      return await inTransaction(client, job, async () => {
        const results: SqlResult[] = [];
        for (const statement of job.statements) results.push(await this.execute(session, statement, job));
        return results;
      });
    } finally {
      client.off('error', onError);
      client.release(session.isBroken || streamOf(client).destroyed);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async execute(session: Session, { sql, params }: SqlStatement, job: SqlJob): Promise<SqlResult> {
    job.signal.throwIfAborted();
    const collector = new RowCollector(job.maxRows);
    // The extended protocol takes one statement at a time, and values beside it.
    const query = new pg.Query({ text: sql, values: params.map(toParameter), queryMode: 'extended' } as pg.QueryConfig);
    const stopping: { reason: unknown; cancelled: Promise<void> }[] = [];
    const stop = (reason: unknown): void => {
      if (stopping.length === 0) stopping.push({ reason, cancelled: this.cancel(session) });
    };
    const unwatch = watchLimits(job, stop);
    try {
      const rowCount = await new Promise<number>((resolve, reject) => {
        query.on('row', (row: Record<string, unknown>) => {
          if (!collector.add(row)) stop(collector.fault);
        });
        query.on('end', (result: pg.QueryResult) => resolve(result.rowCount ?? 0));
        query.on('error', reject);
        session.client.query(query);
      });
      if (collector.fault !== null) throw collector.fault;
      return { rows: collector.rows, rowCount };
    } catch (error) {
      throw stopping[0] === undefined ? sqlFault(error) : stopping[0].reason;
    } finally {
      unwatch();
      await stopping[0]?.cancelled;
    }
  }

  /** Over a connection of its own: the one that works hears nothing, and is not used again. */
  private async cancel(session: Session): Promise<void> {
    session.isBroken = true;
    const cut = setTimeout(() => streamOf(session.client).destroy(), CANCEL_GRACE_MS);
    session.client.once('drain', () => clearTimeout(cut));
    const other = new pg.Client(clientOptions(this.config, this.sockets));
    other.on('error', () => undefined);
    try {
      await other.connect();
      const { processID } = session.client as unknown as { processID: number };
      await other.query('SELECT pg_cancel_backend($1)', [processID]);
    } catch {
      streamOf(session.client).destroy();
    } finally {
      await other.end().catch(() => undefined);
    }
  }
}

/** A lent connection; a broken one does not go back to the pool. */
interface Session {
  readonly client: pg.PoolClient;
  isBroken: boolean;
}

async function inTransaction<T>(client: pg.PoolClient, { mode }: SqlJob, work: () => Promise<T>): Promise<T> {
  if (mode === 'single') return work();
  await client.query(mode === 'read' ? 'BEGIN READ ONLY' : 'BEGIN').catch((error: unknown) => {
    throw sqlFault(error);
  });
  try {
    const result = await work();
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new SqlError('database_conflict', 'The database rolled the transaction back.');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => streamOf(client).destroy());
    throw sqlFaultUnlessReason(error);
  }
}

/** An abort's reason is no error of the database, and stays what it is. */
function sqlFaultUnlessReason(error: unknown): unknown {
  return error instanceof Error ? sqlFault(error) : error;
}

function clientOptions(config: DatabaseConnection, sockets: OutgoingSockets): pg.ClientConfig {
  const { host, port, database, username, password } = serverAddress(config);
  return {
    host,
    port,
    database,
    user: username,
    password,
    ssl: config.ssl === 'disable' ? false : { rejectUnauthorized: config.ssl === 'require' },
    application_name: 'millrace-step',
    connectionTimeoutMillis: 10_000,
    stream: () => sockets.socket(),
    types,
  };
}

/** A list of plain values is an array of PostgreSQL, as pg makes it; what holds objects is JSON. */
function toParameter(value: unknown): unknown {
  if (value === undefined) return null;
  const holdsObjects = Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null);
  return holdsObjects ? JSON.stringify(value) : value;
}

function streamOf(client: pg.PoolClient): { destroy(): void; readonly destroyed: boolean } {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
