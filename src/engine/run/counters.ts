import type { PoolClient } from 'pg';
import { TEST_TRIGGER } from '../engine.contract.js';
import type { EndedRow } from './ended.row.js';

/** One row a workflow and slot. Index: the primary key. */
const COUNT = /* sql */ `
INSERT INTO workflow_counter AS c
  (workflow_id, slot, completed, failed, timed_out, cancelled, duration_ms, last_executed, last_status)
SELECT i.workflow_id, $2::smallint, i.completed, i.failed, i.timed_out, i.cancelled, i.duration_ms, now(), i.last_status
FROM unnest($1::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::text[])
  AS i(workflow_id, completed, failed, timed_out, cancelled, duration_ms, last_status)
JOIN workflow w ON w.id = i.workflow_id
ORDER BY i.workflow_id
ON CONFLICT (workflow_id, slot) DO UPDATE SET
  completed = c.completed + excluded.completed,
  failed = c.failed + excluded.failed,
  timed_out = c.timed_out + excluded.timed_out,
  cancelled = c.cancelled + excluded.cancelled,
  duration_ms = c.duration_ms + excluded.duration_ms,
  last_executed = excluded.last_executed,
  last_status = excluded.last_status`;

/**
 * Adds executions that ended in this transaction to their workflows' counters. A pass of a distributed loop is a part of
 * an execution, and counts with that one; test runs do not count.
 */
export async function countEnded(client: PoolClient, rows: readonly EndedRow[], slot: number): Promise<void> {
  const ended = rows.every(isCounted) ? rows : rows.filter(isCounted);
  if (ended.length === 0) return;
  const groups = [...Map.groupBy(ended, (row) => row.workflow_id)];
  const tally = (status: string): number[] =>
    groups.map(([, rows]) => rows.filter((row) => row.status === status).length);
  await client.query(COUNT, [
    groups.map(([id]) => id),
    slot,
    tally('completed'),
    tally('failed'),
    tally('timed_out'),
    tally('cancelled'),
    groups.map(([, rows]) => rows.reduce((sum, row) => sum + row.duration_ms, 0)),
    groups.map(([, rows]) => rows.at(-1)?.status ?? null),
  ]);
}

const isCounted = ({ pass, trigger_type }: EndedRow): boolean => pass === null && trigger_type !== TEST_TRIGGER;
