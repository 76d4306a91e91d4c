import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { newId } from '../../common/ids.js';
import { KEY_TTL_MS, keyIn } from './idempotency-key.js';

/** A call that carries an `Idempotency-Key` and takes more than one thing. */
export interface CallKey {
  readonly key: string;
  /** Of this call: tells whether it was the first with its key. */
  readonly id: string;
}

export interface NewCall extends CallKey {
  /** What the call is about, as the first one found it. */
  readonly taken: unknown;
}

/** The first call with a key. */
export interface KeyedCall {
  readonly key: string;
  readonly id: string;
  readonly taken: unknown;
  /** null: it has not come to its end, or has none. */
  readonly answer: unknown;
}

/** Keys that have expired make room. Index: the primary key. */
const EXPIRE = /* sql */ `DELETE FROM keyed_call WHERE key = ANY($1::text[]) AND expires_at <= now()`;

/** Whoever inserts first wins; sorted, so that two replicas cannot lock each other out. */
const TAKE = /* sql */ `
INSERT INTO keyed_call (key, id, taken, expires_at)
SELECT DISTINCT ON (i.key) i.key, i.id, i.taken::json, now() + $4 * interval '1 millisecond'
FROM unnest($1::text[], $2::uuid[], $3::text[]) WITH ORDINALITY AS i(key, id, taken, place)
ORDER BY i.key, i.place
ON CONFLICT (key) DO NOTHING`;

const READ = /* sql */ `
SELECT key, id, taken, answer FROM keyed_call WHERE key = ANY($1::text[]) AND expires_at > now()`;

const ANSWER = /* sql */ `UPDATE keyed_call SET answer = $2 WHERE id = $1`;

/**
 * Keys of different callers and of different routes do not meet.
 * @throws AppError 422 when the header is too long.
 */
export function callKey(route: string, actor: string, header: string | undefined): CallKey | null {
  const given = keyIn(header);
  if (given === null) return null;
  const key = createHash('sha256')
    .update(JSON.stringify([route, actor, given]))
    .digest('base64url');
  return { key, id: newId() };
}

/** @returns the first call of each key: these, or earlier ones. */
export async function takeCalls(client: PoolClient, calls: readonly NewCall[]): Promise<Map<string, KeyedCall>> {
  if (calls.length === 0) return new Map();
  const keys = calls.map(({ key }) => key);
  await client.query(EXPIRE, [keys]);
  const taken = calls.map((call) => JSON.stringify(call.taken));
  await client.query(TAKE, [keys, calls.map(({ id }) => id), taken, KEY_TTL_MS]);
  return await findCalls(client, keys);
}

export async function findCalls(
  client: Pick<PoolClient, 'query'>,
  keys: readonly string[],
): Promise<Map<string, KeyedCall>> {
  const { rows } = await client.query<KeyedCall>(READ, [keys]);
  return new Map(rows.map((row) => [row.key, row]));
}

export async function answerCall(client: Pick<PoolClient, 'query'>, id: string, answer: unknown): Promise<void> {
  await client.query(ANSWER, [id, JSON.stringify(answer)]);
}
