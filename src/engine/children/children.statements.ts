import type { PoolClient } from 'pg';
import type { TriggerNames } from '../engine.contract.js';
import { oldestChildOf } from './child-ends.statements.js';

/** An execution that starts children. */
export interface ParentRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly priority: number;
  readonly depth: number;
  readonly created_by: string | null;
  readonly trigger: TriggerNames | null;
  readonly trace_parent: string | null;
  readonly trigger_type: string;
  readonly now: Date;
}

/** What a pass of this position has left from an earlier attempt. */
export interface KnownPass {
  readonly id: string;
  readonly pass: number;
  readonly parent_attempt: number;
  readonly status: string;
  /** As text, to be compared. */
  readonly input: string | null;
}

/** Index: the primary key. */
const PARENTS = /* sql */ `
SELECT id, workflow_id, version, priority, depth, created_by, trigger, trigger_type, trace_parent, now() AS now FROM execution
WHERE id = ANY($1::uuid[])`;

/** Index: execution_open_child. */
const LEFT_OPEN = /* sql */ `
SELECT s.id, now() AS now FROM unnest($1::uuid[]) AS s(id)
WHERE EXISTS (
  SELECT 1 FROM execution e WHERE e.parent_step_id = s.id AND e.id >= $2 AND e.is_open AND NOT e.is_detached)`;

/** Index: execution_child. */
const KNOWN_PASSES = /* sql */ `
SELECT id, pass, parent_attempt, status, input::text AS input FROM execution
WHERE id >= $1 AND parent_step_id = $2 AND pass IS NOT NULL AND (parent_attempt = $3 OR (status = 'completed' AND parent_attempt > 0))`;

/** They stay in the history of their parent, but its step counts them no more. Index: the primary key. */
const LET_GO = /* sql */ `UPDATE execution SET parent_attempt = 0 WHERE id = ANY($1::uuid[])`;

/** Index: execution_child. */
const LET_GO_OF = /* sql */ `
UPDATE execution SET parent_attempt = 0
WHERE id >= $1 AND parent_step_id = $2 AND pass IS NOT NULL AND ($3::int IS NULL OR pass = $3)`;

export async function readParents(client: PoolClient, ids: readonly string[]): Promise<Map<string, ParentRow>> {
  const { rows } = await client.query<ParentRow>(PARENTS, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function stepsLeftOpen(
  client: PoolClient,
  stepExecutionIds: readonly string[],
): Promise<{ readonly id: string; readonly now: Date }[]> {
  if (stepExecutionIds.length === 0) return [];
  const oldest = stepExecutionIds.map(oldestChildOf).reduce((least, id) => (id < least ? id : least));
  return (await client.query<{ id: string; now: Date }>(LEFT_OPEN, [stepExecutionIds, oldest])).rows;
}

export async function knownPasses(client: PoolClient, stepExecutionId: string, attempt: number): Promise<KnownPass[]> {
  const values = [oldestChildOf(stepExecutionId), stepExecutionId, attempt];
  return (await client.query<KnownPass>(KNOWN_PASSES, values)).rows;
}

export async function letGo(client: PoolClient, childIds: readonly string[]): Promise<void> {
  if (childIds.length > 0) await client.query(LET_GO, [childIds]);
}

/** @param pass null: all. @returns how many there were. */
export async function letGoOf(client: PoolClient, stepExecutionId: string, pass: number | null): Promise<number> {
  const { rowCount } = await client.query(LET_GO_OF, [oldestChildOf(stepExecutionId), stepExecutionId, pass]);
  return rowCount ?? 0;
}
