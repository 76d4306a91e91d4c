import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { BatchStatement } from '../../common/database/group-commit.js';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';
import type { Timers } from '../../common/timers/timer.contract.js';
import type { TriggerNames } from '../engine.contract.js';
import { takeCalls, type CallKey, type KeyedCall, type NewCall } from '../start/keyed-calls.js';
import { DEPTH_ATTRIBUTE, type NewEvent, type StoredEvent } from './event.row.js';

export const DELIVERY_TIMER = 'event.deliver';
/** Events that one wake-up delivers, at most. */
const EVENTS_A_TIMER = 100;
/** In place of a trigger's id: the keys that tell events apart. */
const KEYS = '00000000-0000-0000-0000-00000000ce10';

const EXPIRE_KEYS = /* sql */ `
DELETE FROM occurrence_key WHERE trigger_id = $1 AND dedup_key = ANY($2::text[]) AND expires_at <= now()`;

/** Whoever inserts first wins; sorted, so that two replicas cannot lock each other out. Index: the primary key. */
const TAKE_KEYS = /* sql */ `
INSERT INTO occurrence_key (trigger_id, dedup_key, occurrence_id, expires_at)
SELECT DISTINCT ON (i.key) $1::uuid, i.key, i.id, now() + $4 * interval '1 millisecond'
FROM unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS i(key, id, place)
ORDER BY i.key, i.place
ON CONFLICT (trigger_id, dedup_key) DO NOTHING`;

const READ_KEYS = /* sql */ `
SELECT occurrence_id AS id FROM occurrence_key WHERE trigger_id = $1 AND dedup_key = ANY($2::text[])`;

const COLUMNS: readonly Column<StoredEvent & NewEvent>[] = [
  { name: 'id', type: 'uuid', value: ({ id }) => id },
  { name: 'source', type: 'text', value: ({ event }) => event.source },
  { name: 'event_id', type: 'text', value: ({ event }) => event.id },
  { name: 'type', type: 'text', value: ({ event }) => event.type },
  { name: 'event', type: 'json', value: ({ event }) => toJson(event) },
  { name: 'depth', type: 'smallint', value: ({ depth }) => Math.min(depth, 1_000) },
  { name: 'execution_id', type: 'uuid', value: ({ origin }) => origin?.executionId ?? null },
  { name: 'workflow_id', type: 'uuid', value: ({ origin }) => origin?.workflowId ?? null },
];

const INSERT = /* sql */ `
INSERT INTO event (${COLUMNS.map((column) => column.name).join(', ')})
SELECT ${selectSql('i', COLUMNS)} FROM ${unnestSql('i', COLUMNS)}
ON CONFLICT (id) DO NOTHING RETURNING id`;

/** An execution and those that it was started for: what started each of them. Index: the primary key. */
const ANCESTRY = /* sql */ `
WITH RECURSIVE up AS (
  SELECT id AS root, parent_id, trigger FROM execution WHERE id = ANY($1::uuid[])
  UNION ALL
  SELECT up.root, e.parent_id, e.trigger FROM up JOIN execution e ON e.id = up.parent_id)
SELECT root, trigger FROM up WHERE trigger IS NOT NULL`;

/** What one caller sends. */
export interface SentEvents {
  readonly events: readonly NewEvent[];
  readonly call: CallKey | null;
}

export interface RecordedEvents {
  /** Of each of them. */
  readonly isNew: readonly boolean[];
  /** Ids of the events that an earlier call with the same key has sent: these are not taken then. */
  readonly earlier: readonly string[] | null;
}

export function eventsStatement(timers: Timers, keyTtlMs: number): BatchStatement<SentEvents, RecordedEvents> {
  return {
    name: 'events',
    order: 30,
    patienceMs: 30_000,
    async run(client, rows) {
      const calls = await takeCalls(client, rows.flatMap(newCall));
      const earlier = rows.map(({ call }) => (call === null ? null : earlierIds(calls.get(call.key), call)));
      const taken = rows.filter((_row, index) => earlier[index] === null).flatMap(({ events }) => events);
      const accepted = await recordEvents(client, timers, keyTtlMs, taken);
      return rows.map(({ events }, index) => ({
        isNew: events.map(({ id }) => accepted.has(id)),
        earlier: earlier[index] ?? null,
      }));
    },
  };
}

function newCall({ call, events }: SentEvents): NewCall[] {
  return call === null ? [] : [{ ...call, taken: events.map(({ event }) => event.id) }];
}

function earlierIds(first: KeyedCall | undefined, call: CallKey): readonly string[] | null {
  return first === undefined || first.id === call.id ? null : (first.taken as string[]);
}

/** @returns ids of those that were not there before; they are delivered after the commit. */
export async function recordEvents(
  client: PoolClient,
  timers: Timers,
  keyTtlMs: number,
  events: readonly NewEvent[],
): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const keys = events.map(keyOf);
  await client.query(EXPIRE_KEYS, [KEYS, keys]);
  await client.query(TAKE_KEYS, [KEYS, keys, events.map(({ id }) => id), keyTtlMs]);
  const { rows } = await client.query<{ id: string }>(READ_KEYS, [KEYS, keys]);
  const accepted = new Set(rows.map(({ id }) => id));
  const fresh = await withDepth(
    client,
    events.filter(({ id }) => accepted.has(id)),
  );
  if (fresh.length === 0) return accepted;
  const inserted = await client.query<{ id: string }>(INSERT, unnestValues(COLUMNS, fresh));
  await timers.set(client, deliveriesOf(inserted.rows.map(({ id }) => id)));
  return accepted;
}

function deliveriesOf(ids: readonly string[]) {
  const batches = Array.from({ length: Math.ceil(ids.length / EVENTS_A_TIMER) }, (_, index) =>
    ids.slice(index * EVENTS_A_TIMER, (index + 1) * EVENTS_A_TIMER),
  );
  return batches.map((batch) => ({
    kind: DELIVERY_TIMER,
    subjectId: batch[0] as string,
    key: '',
    dueAt: { afterMs: 0 },
    payload: batch,
  }));
}

async function withDepth(client: PoolClient, events: readonly NewEvent[]): Promise<(StoredEvent & NewEvent)[]> {
  const executions = [...new Set(events.flatMap(({ origin }) => (origin === null ? [] : [origin.executionId])))];
  const depths = executions.length === 0 ? new Map<string, number>() : await depthsOf(client, executions);
  return events.map((event) => {
    const depth = event.origin === null ? 0 : (depths.get(event.origin.executionId) ?? 0) + 1;
    return { ...event, depth, event: depth === 0 ? event.event : { ...event.event, [DEPTH_ATTRIBUTE]: depth } };
  });
}

async function depthsOf(client: PoolClient, executions: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ root: string; trigger: TriggerNames }>(ANCESTRY, [executions]);
  const depths = new Map<string, number>();
  for (const { root, trigger } of rows) {
    if (trigger.type !== 'event') continue;
    const depth = (trigger.payload as Readonly<Record<string, unknown>> | null)?.[DEPTH_ATTRIBUTE];
    if (typeof depth === 'number') depths.set(root, Math.max(depth, depths.get(root) ?? 0));
  }
  return depths;
}

/** CloudEvents: source and id together tell an event. */
function keyOf({ event: { source, id } }: NewEvent): string {
  return createHash('sha256')
    .update(JSON.stringify([source, id]))
    .digest('base64url');
}
