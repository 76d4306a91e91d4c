import type { PoolClient } from 'pg';
import { idBounds, idTime } from '../../common/ids.js';

/** The tables that hold what belongs to an execution, and the column that keeps its milliseconds (ADR 1). */
const PARTS = [
  ['execution_file_chunk', 'content_id'],
  ['execution_file', 'id'],
  ['large_output', 'id'],
  ['step_journal', 'step_execution_id'],
  ['approval', 'id'],
  ['step_answer', 'id'],
  ['approval', 'id'],
  ['execution_log', 'id'],
  ['step_execution', 'id'],
] as const;

/** Each execution's rows lie between the ids of its milliseconds: a stretch of the primary key, in one partition. */
const removeSql = (table: string, key: string): string => /* sql */ `
DELETE FROM ${table} t USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS i(execution_id, lowest, highest)
WHERE t.${key} BETWEEN i.lowest AND i.highest AND t.execution_id = i.execution_id
  AND t.${key} BETWEEN $4 AND $5`;

const REMOVE_PARTS = PARTS.map(([table, key]) => removeSql(table, key));
const REMOVE = /* sql */ `DELETE FROM execution WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3`;

/** Removes ended executions, which the caller holds, with all that belongs to them. */
export async function removeExecutions(client: PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const bounds = ids.map((id) => idBounds(idTime(id)));
  const lowest = bounds.map((each) => each.lowest);
  const highest = bounds.map((each) => each.highest);
  const [first] = [...lowest].sort();
  const last = [...highest].sort().at(-1);
  for (const sql of REMOVE_PARTS) await client.query(sql, [ids, lowest, highest, first, last]);
  await client.query(REMOVE, [ids, first, last]);
}
