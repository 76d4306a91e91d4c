import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { MIGRATIONS } from '../../../migrations/index.js';
import { Database } from './database.js';
import { DatabaseUnreachableError, NewerSchemaError, PostgresTooOldError } from './database.errors.js';
import { Partitions } from './partitions.js';
import { isConnectionLoss } from './pg-errors.js';
import { openPool, poolOptions } from './pool.js';

/** "mr" in ASCII, then 1: the key of the advisory lock under which one replica at a time migrates. */
const MIGRATION_LOCK = 0x6d7201;
const OLDEST_VERSION = 150_000;
const CONNECT_LIMIT_MS = 5_000;

/**
 * Brings the database up to date before anything uses it: checks its version, migrates under a lock, makes the
 * partitions of the next days. Waits up to `patienceMs` for a server that is just starting.
 * @throws DatabaseUnreachableError, PostgresTooOldError, NewerSchemaError
 */
export async function prepareDatabase(url: string, patienceMs = 10_000): Promise<void> {
  const client = await connect(url, Date.now() + patienceMs);
  try {
    await refuseOldServer(client);
    // An advisory lock of a transaction ends with its connection, whatever happens to this process.
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    if (await isBehind(client)) await runMigrations(url);
    await makePartitions(url);
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(url: string, deadline: number): Promise<pg.Client> {
  for (;;) {
    const began = Date.now();
    try {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS });
      // Without a listener, a connection lost between two statements would end the process.
      client.on('error', () => undefined);
      await client.connect();
      return client;
    } catch (cause) {
      // While this process loads its code, on a machine with little time for it, an attempt runs out of time unheard: only
      // one that begins after the deadline says that nobody is there.
      if (!isConnectionLoss(cause) || began > deadline) throw new DatabaseUnreachableError(url, cause);
      await delay(250);
    }
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text`,
  );
  if (Number(rows[0]?.number) < OLDEST_VERSION) throw new PostgresTooOldError(rows[0]?.text ?? 'of unknown version');
}

/** @throws NewerSchemaError */
async function isBehind(client: pg.Client): Promise<boolean> {
  const table = await client.query<{ found: boolean }>(`SELECT to_regclass('migrations') IS NOT NULL AS found`);
  if (table.rows[0]?.found !== true) return true;
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
  const done = new Set(rows.map((row) => row.name));
  const known = new Set(MIGRATIONS.map((migration) => new migration().name));
  const unknown = [...done].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  return [...known].some((name) => !done.has(name));
}

async function runMigrations(url: string): Promise<void> {
  // Takes a while to load, and most starts need no migration.
  const { DataSource } = await import('typeorm');
  const source = new DataSource({ type: 'postgres', extra: poolOptions(url, 1), migrations: MIGRATIONS });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}

async function makePartitions(url: string): Promise<void> {
  const pool = openPool(url, 1);
  try {
    await new Partitions(new Database(pool)).makeAhead();
  } finally {
    await pool.end();
  }
}
