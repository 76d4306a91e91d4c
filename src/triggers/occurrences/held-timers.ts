import type { PoolClient } from 'pg';

export const TRIGGER_TIMER = 'trigger';

/** Waits for who works on one of them. Sorted, so that two who hold several do not wait for each other. */
const HOLD = /* sql */ `
SELECT subject_id, payload FROM timer WHERE kind = $1 AND key = '' AND subject_id = ANY($2)
ORDER BY subject_id FOR UPDATE`;
const COUNT = /* sql */ `
SELECT count(*)::int AS count FROM timer WHERE kind = $1 AND key = '' AND subject_id = ANY($2)`;
const HOLD_OTHERS = /* sql */ `
SELECT FROM timer WHERE kind = $1 AND key <> '' AND subject_id = ANY($2)
ORDER BY subject_id, key FOR UPDATE`;
const COUNT_OTHERS = /* sql */ `
SELECT count(*)::int AS count FROM timer WHERE kind = $1 AND key <> '' AND subject_id = ANY($2)`;

/**
 * What the timers of these triggers carry, by trigger; nobody works on them until the commit. Who worked on one before has
 * put another row in its place, which the statement that waited for it does not see.
 */
export async function heldTimers(
  client: PoolClient,
  triggerIds: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const rows = await hold<{ subject_id: string; payload: unknown }>(client, HOLD, COUNT, triggerIds);
  return new Map(rows.map((row) => [row.subject_id, row.payload]));
}

/**
 * Nobody works on any timer of these triggers until the commit. Those with a key come first: whoever works on one of them
 * goes on to the one without (what has ended makes room for the next instant).
 */
export async function holdEveryTimer(client: PoolClient, triggerIds: readonly string[]): Promise<void> {
  await hold(client, HOLD_OTHERS, COUNT_OTHERS, triggerIds);
  await heldTimers(client, triggerIds);
}

async function hold<Row extends object>(
  client: PoolClient,
  statement: string,
  count: string,
  triggerIds: readonly string[],
): Promise<Row[]> {
  for (;;) {
    const { rows } = await client.query<Row>(statement, [TRIGGER_TIMER, triggerIds]);
    const { rows: counted } = await client.query<{ count: number }>(count, [TRIGGER_TIMER, triggerIds]);
    if (counted[0]?.count === rows.length) return rows;
  }
}
