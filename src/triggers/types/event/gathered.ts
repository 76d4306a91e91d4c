import type { PoolClient } from 'pg';
import type { HeardEvent } from '../../trigger.contract.js';

export type Event = HeardEvent['event'];

/** Whoever gathers for a trigger does so alone. Sorted, so that two replicas cannot lock each other out. */
const HOLD = /* sql */ `SELECT id FROM trigger WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
const HOLD_FREE = /* sql */ `${HOLD} SKIP LOCKED`;

/** Index: the primary key. */
const READ = /* sql */ `SELECT event_id AS id, event FROM event_gathered WHERE trigger_id = $1 ORDER BY event_id`;
const ADD = /* sql */ `
INSERT INTO event_gathered (trigger_id, event_id, event) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;
const REMOVE = /* sql */ `DELETE FROM event_gathered WHERE trigger_id = $1 AND event_id = ANY($2::uuid[])`;

export interface Gathered {
  /** Of the record. */
  readonly id: string;
  readonly event: Event;
}

export async function holdTriggers(client: PoolClient, ids: readonly string[]): Promise<void> {
  await client.query(HOLD, [ids]);
}

/** For who has a timer in hand already: whoever has the trigger may wait for that. @returns those that nobody else has */
export async function holdFreeTriggers(client: PoolClient, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await client.query<{ id: string }>(HOLD_FREE, [ids])).rows.map(({ id }) => id));
}

/** Oldest first. */
export async function gatheredBy(client: PoolClient, triggerId: string): Promise<Gathered[]> {
  return (await client.query<Gathered>(READ, [triggerId])).rows;
}

export async function gather(client: PoolClient, triggerId: string, { id, event }: Gathered): Promise<void> {
  await client.query(ADD, [triggerId, id, JSON.stringify(event)]);
}

export async function letGo(client: PoolClient, triggerId: string, gathered: readonly Gathered[]): Promise<void> {
  const ids = gathered.map(({ id }) => id);
  await client.query(REMOVE, [triggerId, ids]);
}
