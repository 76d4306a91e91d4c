import type { PoolClient } from 'pg';

/** Tells these advisory locks from others in the database. */
const LOCK_CLASS = 7_301;

/** In one order everywhere, so that two transactions cannot lock each other out. */
const LOCK = /* sql */ `
SELECT pg_advisory_xact_lock(${LOCK_CLASS}, locks.hash)
FROM (SELECT DISTINCT hashtext(key) AS hash FROM unnest($1::text[]) AS key ORDER BY 1) AS locks`;

/** Until the transaction ends nobody else gives places of these keys. What counts is read by later statements. */
export async function lockKeys(client: PoolClient, keys: readonly string[]): Promise<void> {
  await client.query(LOCK, [keys]);
}
