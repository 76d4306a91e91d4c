import type { PoolClient } from 'pg';
import { idTime } from '../../common/ids.js';
import { noteWithin, notesOf, type NotedExecution } from '../../common/statistics/ended-notes.js';
import type { StepTallies } from '../../common/statistics/tally.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import type { EndedRow } from './ended.row.js';

/**
 * The row of those that end, or are taken back, by somebody else than their owner: a cancel, a retry, a rule. Apart from the
 * replicas' own (0 to 15): the group commit holds its row, and then waits for executions that a cancel may hold.
 */
export const BESIDE_SLOT = 16;

/** One row a workflow and slot. Index: the primary key. */
const COUNT = {
  name: 'count_ended',
  text: /* sql */ `${noteWithin('$9')}
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
  last_status = excluded.last_status`,
};

/**
 * Adds executions that ended in this transaction to their workflows' counters, and notes them for the statistics. A pass of
 * a distributed loop is a part of an execution, and counts with that one: only its steps are noted. Test runs do not count.
 */
export async function countEnded(
  client: PoolClient,
  rows: readonly EndedRow[],
  slot: number,
  steps: ReadonlyMap<string, StepTallies | undefined> = NO_STEPS,
): Promise<void> {
  const ended = rows.every(isCounted) ? rows : rows.filter(isCounted);
  const passes = ended === rows ? [] : rows.filter((row) => row.pass !== null && hasAny(steps.get(row.id)));
  if (ended.length + passes.length === 0) return;
  const groups = [...Map.groupBy(ended, (row) => row.workflow_id)];
  const tally = (status: string): number[] =>
    groups.map(([, rows]) => rows.filter((row) => row.status === status).length);
  const values = [
    groups.map(([id]) => id),
    slot,
    tally('completed'),
    tally('failed'),
    tally('timed_out'),
    tally('cancelled'),
    groups.map(([, rows]) => rows.reduce((sum, row) => sum + row.duration_ms, 0)),
    groups.map(([, rows]) => rows.at(-1)?.status ?? null),
    JSON.stringify(notesOf([...ended, ...passes].map((row) => toNoted(row, steps.get(row.id), row.pass !== null)))),
  ];
  await client.query({ ...COUNT, values });
}

/** What statistics know of an end; a retry takes the same out again. */
export function toNoted(row: Ended, steps?: StepTallies, isPart = false): NotedExecution {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    status: row.status,
    durationMs: Math.max(0, row.duration_ms),
    waitMs: waitOf(row),
    attempt: row.attempt,
    errorCode: row.error_code,
    steps,
    isPart,
  };
}

type Ended = Pick<
  EndedRow,
  'id' | 'workflow_id' | 'status' | 'duration_ms' | 'attempt' | 'error_code' | 'queued_at' | 'started_at'
>;

/** An execution that has slept was queued again; then the time inside its id tells when it was accepted. */
function waitOf({ id, attempt, queued_at, started_at }: Ended): number | null {
  if (started_at === null) return null;
  if (queued_at <= started_at) return Math.round((started_at - queued_at) * 1000);
  return attempt === 1 ? Math.max(0, Math.round(started_at * 1000 - idTime(id))) : null;
}

const NO_STEPS: ReadonlyMap<string, StepTallies> = new Map();
const isCounted = ({ pass, trigger_type }: EndedRow): boolean => pass === null && trigger_type !== TEST_TRIGGER;
const hasAny = (steps: StepTallies | undefined): boolean => steps !== undefined && Object.keys(steps).length > 0;
