import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startMillrace } from '../contenders/millrace.mjs';
import { startPostgres } from '../lib/services.mjs';

/** Millrace on a PostgreSQL of its own that the bench can look into. @returns {server, postgres, rows, restart, stop} */
export async function startOnOwnPostgres(folder, { settings = {}, env = {} } = {}) {
  const postgres = await startPostgres(folder, settings);
  const databaseUrl = await postgres.create('scale');
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const home = join(folder, 'millrace');
  mkdirSync(home);
  chmodSync(home, 0o777);
  const key = { SECRET_KEY: 'a secret key for the bench, long enough' };
  const all = { DATABASE_URL: databaseUrl, ...key, ...env };
  const server = await startMillrace({ folder: home, env: all });
  const stop = async () => {
    await server.stop();
    await pool.end();
    await postgres.stop();
  };
  try {
    await server.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return { server, postgres, pool, rows: async (sql, values) => (await pool.query(sql, values)).rows, stop };
}
