import type { PoolClient } from 'pg';
import { idBounds, idTime } from '../../common/ids.js';
import type { FanOutResult } from '../../nodes/node.contract.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import type { ExecutionError } from '../run/step-record.js';

/** A step that waits for children. */
export interface WaitingParent {
  readonly id: string;
  readonly execution_id: string;
  readonly attempt: number;
  readonly wait_state:
    { readonly kind: 'workflow' } | { readonly kind: 'passes'; readonly failures: 'stop' | 'ignore' };
}

interface ChildRow {
  readonly id: string;
  readonly status: string;
  readonly output: unknown;
  readonly output_size: number | null;
  readonly error: ExecutionError | null;
}

interface PassRow extends ChildRow {
  readonly pass: number;
  readonly has_stopped: boolean;
}

/** Index: the primary key. */
const PARENTS = /* sql */ `
SELECT id, execution_id, attempt, wait_state FROM step_execution
WHERE id = ANY($1::uuid[]) AND status = 'waiting' AND waiting->>'for' = 'child'`;

/** Index: the primary key. */
const CHILD = /* sql */ `
SELECT id, status, output, output_size, error FROM execution
WHERE id = ANY($1::uuid[]) AND parent_step_id = $2 AND (is_detached OR NOT is_open) ORDER BY id DESC LIMIT 1`;

/** Children are younger than their parents: older partitions are left out. Index: execution_open_child. */
const OPEN = /* sql */ `
SELECT 1 FROM execution WHERE id >= $1 AND parent_step_id = $2 AND is_open AND parent_attempt = $3 LIMIT 1`;

/** The one that completed, else the latest. Index: execution_child. */
const RESULTS = /* sql */ `
SELECT DISTINCT ON (pass) pass, id, status, output, output_size, error, has_stopped FROM execution
WHERE id >= $1 AND parent_step_id = $2 AND NOT is_open AND pass IS NOT NULL AND parent_attempt > 0
ORDER BY pass, (status = 'completed') DESC, id DESC`;

export async function waitingParents(client: PoolClient, ids: readonly string[]): Promise<WaitingParent[]> {
  return (await client.query<WaitingParent>(PARENTS, [ids])).rows;
}

export async function startedChildren(
  client: PoolClient,
  stepExecutionId: string,
  ids: readonly string[],
): Promise<ChildRow | undefined> {
  const { rows } = await client.query<ChildRow>(CHILD, [ids, stepExecutionId]);
  return (await withLargeOutputs(client, rows))[0];
}

export async function isLeftOpen(client: PoolClient, parent: WaitingParent): Promise<boolean> {
  const values = [oldestChildOf(parent.id), parent.id, parent.attempt];
  return (await client.query(OPEN, values)).rows.length > 0;
}

export async function passResults(
  client: PoolClient,
  stepExecutionId: string,
): Promise<{ readonly result: FanOutResult; readonly has_stopped: boolean }[]> {
  const { rows } = await client.query<PassRow>(RESULTS, [oldestChildOf(stepExecutionId), stepExecutionId]);
  const whole = await withLargeOutputs(client, rows);
  return whole.map((row) => ({ result: toResult(row), has_stopped: row.has_stopped && row.status === 'completed' }));
}

/** By how much the clock of the replica that started a child may be behind. */
const CLOCK_SKEW_MS = 86_400_000;

/** No child of this step, or of this execution, has a lower id: older partitions are left out. */
export function oldestChildOf(parentId: string): string {
  return idBounds(Math.max(0, idTime(parentId) - CLOCK_SKEW_MS)).lowest;
}

function toResult({ pass, status, output, error }: PassRow): FanOutResult {
  const name = String(pass);
  if (status === 'completed') return { name, status, output, error: null };
  const { code, message, step_path } = error ?? { code: status, message: `The pass was ${status}.`, step_path: null };
  return { name, status: 'failed', output: null, error: { code, message, ...(step_path !== null && { step_path }) } };
}
