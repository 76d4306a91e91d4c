import pg from 'pg';

const INT8: number = pg.types.builtins.INT8;
const parserOf = pg.types.getTypeParser.bind(pg.types) as (oid: number, format?: 'text') => (text: string) => unknown;

/**
 * How PostgreSQL's values arrive: `json` parsed, `timestamptz` as Date, and `int8` (counts, sums) as a number as long as
 * a number can hold it, else as text. Only for our own pool; BullMQ keeps pg's own rules.
 */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? parseInt8 : parserOf(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};

/**
 * A process that stands still in the middle of a transaction (stopped, swapped out, a frozen machine) must not keep rows
 * locked that those who take over from it need: less than the lease of a replica. Milliseconds.
 */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** The settings of a pool of Millrace, TypeORM's included. */
export function poolOptions(url: string, size: number): pg.PoolConfig {
  return {
    connectionString: url,
    max: size,
    application_name: 'millrace',
    keepAlive: true,
    // Statements that do not need each other's answers are sent together.
    pipeline: true,
    // Milliseconds. A caller who finds neither a free connection nor a server by then gets a 503.
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    types,
  };
}

export function openPool(url: string, size = 10): pg.Pool {
  const pool = new pg.Pool(poolOptions(url, size));
  // A lost idle connection is replaced by the next use.
  pool.on('error', () => undefined);
  return pool;
}

function parseInt8(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}
