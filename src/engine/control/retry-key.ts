import type { PoolClient } from 'pg';
import type { OccurrenceKey } from '../engine.contract.js';

/** Keys that have expired make room. Index: the primary key. */
const EXPIRE = /* sql */ `
DELETE FROM occurrence_key WHERE trigger_id = $1 AND dedup_key = $2 AND expires_at <= now()`;

const TAKE = /* sql */ `
INSERT INTO occurrence_key (trigger_id, dedup_key, execution_id, expires_at)
VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')
ON CONFLICT (trigger_id, dedup_key) DO NOTHING`;

const READ = /* sql */ `SELECT execution_id FROM occurrence_key WHERE trigger_id = $1 AND dedup_key = $2`;

/** @returns the execution that an earlier call with this key has queued; null when this call is the first. */
export async function takeRetryKey(
  client: PoolClient,
  { scope, key, ttlMs }: OccurrenceKey,
  executionId: string,
): Promise<string | null> {
  await client.query(EXPIRE, [scope, key]);
  const taken = await client.query(TAKE, [scope, key, executionId, ttlMs]);
  if (taken.rowCount === 1) return null;
  return (await client.query<{ execution_id: string }>(READ, [scope, key])).rows[0]?.execution_id ?? null;
}
