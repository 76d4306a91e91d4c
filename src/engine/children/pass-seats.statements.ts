import type { PoolClient } from 'pg';
import { idBounds, idTime } from '../../common/ids.js';
import type { TriggerNames } from '../engine.contract.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import type { StepError } from '../run/step-record.js';

/** An execution in which a distributed loop stands. */
export interface WholeRow {
  readonly id: string;
  readonly parent_id: string | null;
  readonly pass: number | null;
  readonly input: unknown;
  readonly variables: Record<string, unknown> | null;
  readonly trigger: TriggerNames | null;
}

interface OuterStepRow {
  readonly id: string;
  readonly step_path: string;
  readonly step_id: string;
  readonly output: unknown;
  readonly output_size: number | null;
  readonly status: string;
  readonly error: StepError | null;
  readonly attempt: number;
}

/** Index: the primary key. */
const LOOP = /* sql */ `SELECT execution_id, step_path FROM step_execution WHERE id = $1`;

/** Index: the primary key. */
const WHOLE = /* sql */ `SELECT id, parent_id, pass, input, variables, trigger FROM execution WHERE id = $1`;

/** Those that have ended, or stand around. Index: step_execution_execution; the bounds leave one partition. */
const OUTER = /* sql */ `
SELECT id, step_path, step_id, output, output_size, status, error, attempt FROM step_execution
WHERE execution_id = $1 AND id BETWEEN $2 AND $3 AND step_path = ANY($4::text[])
  AND (status IN ('completed', 'failed', 'skipped', 'cancelled', 'timed_out') OR scope IS NOT NULL)`;

export async function readLoopStep(
  client: PoolClient,
  { parent_step_id: id }: { readonly parent_step_id: string | null },
): Promise<{ readonly execution_id: string; readonly step_path: string } | undefined> {
  return (await client.query<{ execution_id: string; step_path: string }>(LOOP, [id])).rows[0];
}

export async function readWhole(client: PoolClient, id: string): Promise<WholeRow | undefined> {
  return (await client.query<WholeRow>(WHOLE, [id])).rows[0];
}

export async function readOuterSteps(
  client: PoolClient,
  executionId: string,
  paths: readonly string[],
): Promise<readonly OuterStepRow[]> {
  if (paths.length === 0) return [];
  const { lowest, highest } = idBounds(idTime(executionId));
  const { rows } = await client.query<OuterStepRow>(OUTER, [executionId, lowest, highest, paths]);
  return await withLargeOutputs(client, rows);
}
