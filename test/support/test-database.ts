import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { Database } from '../../src/common/database/database.js';
import { openPool } from '../../src/common/database/pool.js';
import { afterFile } from './cleanup.js';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** A pool on it, made when first asked for and closed with the database. */
  readonly database: Database;
  drop(): Promise<void>;
}

/**
 * A database of this test alone, with the whole schema and today's partitions: a copy of the run's template.
 * Dropped after the last test of the file at the latest. `empty`: without any schema.
 */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const template = options.empty === true ? 'template0' : inject('templateDatabase');
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  // A copy is an installation of its own.
  if (options.empty !== true) await onServer('UPDATE installation SET id = gen_random_uuid()', url.href);
  let pool: pg.Pool | undefined;
  let dropped: Promise<void> | undefined;
  const drop = (): Promise<void> => {
    dropped ??= (async () => {
      await pool?.end();
      await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    })();
    return dropped;
  };
  afterFile(drop);
  return {
    url: url.href,
    name,
    get database() {
      pool ??= openPool(url.href);
      return new Database(pool);
    },
    drop,
  };
}

async function onServer(statement: string, connectionString = inject('postgresUrl')): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
