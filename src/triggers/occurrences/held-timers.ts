import type { PoolClient } from 'pg';

export const TRIGGER_TIMER = 'trigger';

/** Waits for who works on one of them. Sorted, so that two who hold several do not wait for each other. */
const HOLD = /* sql */ `
SELECT subject_id, key, payload FROM timer WHERE kind = $1 AND subject_id = ANY($2)
ORDER BY subject_id, key FOR UPDATE`;
const COUNT = /* sql */ `SELECT count(*)::int AS count FROM timer WHERE kind = $1 AND subject_id = ANY($2)`;

interface HeldRow {
  subject_id: string;
  key: string;
  payload: unknown;
}

/**
 * What the timers of these triggers (with key '') carry, by trigger; nobody works on any timer of theirs until the commit.
 * Who worked on one before has put another row in its place, which the statement that waited for it does not see.
 */
export async function heldTimers(
  client: PoolClient,
  triggerIds: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  for (;;) {
    const { rows } = await client.query<HeldRow>(HOLD, [TRIGGER_TIMER, triggerIds]);
    const { rows: counted } = await client.query<{ count: number }>(COUNT, [TRIGGER_TIMER, triggerIds]);
    if (counted[0]?.count !== rows.length) continue;
    return new Map(rows.filter(({ key }) => key === '').map((row) => [row.subject_id, row.payload]));
  }
}
