import type { Pool, PoolClient } from 'pg';

/** The one time that all replicas share; inside a transaction, of its beginning. */
export async function databaseTime(client: Pick<Pool | PoolClient, 'query'>): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>('SELECT now() AS now');
  return (rows[0] as { now: Date }).now;
}
