import type { PoolClient } from 'pg';
import { lockKeys } from './key-locks.js';
import type { Place } from './place.js';

/** `given`: it has its place. `waits`: for one. `skipped`, `failed`: refused, as its rule says. */
export type Admission = 'given' | 'waits' | 'skipped' | 'failed';

export interface Applicant {
  readonly executionId: string;
  readonly place: Place;
}

/** Index: execution_concurrency. An accept that is tried again must not find its own executions in the way. */
const TAKEN = /* sql */ `
SELECT concurrency_key AS key, count(*)::int AS taken FROM execution
WHERE is_open AND has_place AND concurrency_key = ANY($1::text[]) AND id <> ALL($2::uuid[])
GROUP BY concurrency_key`;

/** Decides at once where the rule refuses; where it lets wait, places are given after the commit, in their order. */
export async function admit(
  client: PoolClient,
  applicants: readonly Applicant[],
): Promise<ReadonlyMap<string, Admission>> {
  const deciding = applicants.filter(({ place }) => refusal(place) !== null);
  const keys = [...new Set(deciding.map(({ place }) => place.key))];
  const taken = keys.length === 0 ? new Map<string, number>() : await takenOf(client, keys, deciding);
  const admissions = new Map<string, Admission>();
  for (const { executionId, place } of applicants) {
    const count = taken.get(place.key) ?? 0;
    const refused = refusal(place);
    const admission = refused === null ? 'waits' : count < place.limit ? 'given' : refused;
    if (admission === 'given') taken.set(place.key, count + 1);
    admissions.set(executionId, admission);
  }
  return admissions;
}

async function takenOf(
  client: PoolClient,
  keys: readonly string[],
  applicants: readonly Applicant[],
): Promise<Map<string, number>> {
  await lockKeys(client, keys);
  const ids = applicants.map(({ executionId }) => executionId);
  const { rows } = await client.query<{ key: string; taken: number }>(TAKEN, [keys, ids]);
  return new Map(rows.map((row) => [row.key, row.taken]));
}

function refusal({ onLimit }: Place): 'skipped' | 'failed' | null {
  if (onLimit === 'skip') return 'skipped';
  return onLimit === 'fail' ? 'failed' : null;
}
