import type { PoolClient } from 'pg';
import type { ExecutionStatus } from '../engine.contract.js';
import { ENDED_COLUMNS, type EndedRow } from '../run/ended.row.js';
import { oldestChildOf } from './child-ends.statements.js';

export interface AskedChild {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly start_time: Date | null;
  readonly pass: number | null;
  readonly concurrency_key: string | null;
}

/**
 * A step that was tried again meanwhile waits for the children of its new attempt: these are left alone.
 * Index: execution_open_child.
 */
const ASK = /* sql */ `
UPDATE execution SET cancel_requested = true, cancel_reason = coalesce(cancel_reason, $3), signal_seq = signal_seq + 1,
  pause_requested = false
WHERE id = ANY(ARRAY(
  SELECT e.id FROM execution e
  WHERE e.id >= $2 AND e.parent_step_id = ANY($1::uuid[]) AND e.is_open AND NOT e.is_detached
    AND NOT EXISTS (
      SELECT 1 FROM step_execution s
      WHERE s.id = e.parent_step_id AND s.attempt = e.parent_attempt AND s.status = 'waiting')
  ORDER BY e.id FOR UPDATE))
RETURNING id, status, start_time, pass, concurrency_key`;

/** The epoch passes on, so that no late owner revives it. Index: the primary key. */
const END = /* sql */ `
UPDATE execution SET status = 'cancelled', end_time = now(), epoch = epoch + 1, paused_at = NULL,
  error = json_build_object('code', 'cancelled', 'message', 'The execution was cancelled.', 'step_path', NULL)
WHERE id = ANY($1::uuid[])
RETURNING ${ENDED_COLUMNS}, 0 AS duration_ms`;

/** Asks the open children of these steps to end. */
export async function askChildren(
  client: PoolClient,
  stepExecutionIds: readonly string[],
  reason: string,
): Promise<AskedChild[]> {
  const oldest = stepExecutionIds.map(oldestChildOf).reduce((least, id) => (id < least ? id : least));
  return (await client.query<AskedChild>(ASK, [stepExecutionIds, oldest, reason])).rows;
}

export async function endUnstarted(client: PoolClient, ids: readonly string[]): Promise<EndedRow[]> {
  return ids.length === 0 ? [] : (await client.query<EndedRow>(END, [ids])).rows;
}
