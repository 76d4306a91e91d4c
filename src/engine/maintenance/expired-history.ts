import type { Database } from '../../common/database/database.js';
import { idBounds } from '../../common/ids.js';
import { removeExecutions } from '../control/removal.statements.js';

/** Executions a transaction: their rows may be thousands. */
const EXECUTIONS_A_BATCH = 100;
const OCCURRENCES_A_BATCH = 1_000;

/** A child's result is its parent's until that one has ended. */
const IS_AWAITED = 'EXISTS (SELECT FROM execution p WHERE p.id = x.parent_id AND p.is_open)';

/** What is still under way, or was until lately, stays. Index: execution_workflow. */
const OF_WORKFLOW = /* sql */ `
SELECT id FROM execution x
WHERE workflow_id = $1 AND id < $2 AND NOT is_open AND coalesce(end_time, queued_at) < $3 AND NOT ${IS_AWAITED}
ORDER BY id LIMIT ${EXECUTIONS_A_BATCH} FOR UPDATE SKIP LOCKED`;

/** Index: the primary key of one partition. */
const OF_OTHERS = /* sql */ `
SELECT id FROM execution x
WHERE id >= $1 AND id < $2 AND NOT (workflow_id = ANY($3::uuid[])) AND NOT is_open AND NOT ${IS_AWAITED}
ORDER BY id LIMIT ${EXECUTIONS_A_BATCH} FOR UPDATE SKIP LOCKED`;

const STAYS = 'EXISTS (SELECT FROM execution e WHERE e.id = o.execution_id AND e.is_open)';

/** Index: occurrence_trigger. */
const OCCURRENCES_OF_WORKFLOW = /* sql */ `
DELETE FROM occurrence WHERE id IN (
  SELECT o.id FROM trigger t JOIN occurrence o ON o.trigger_id = t.id
  WHERE t.workflow_id = $1 AND o.id < $2 AND NOT ${STAYS}
  LIMIT ${OCCURRENCES_A_BATCH})
RETURNING 1`;

const OCCURRENCES_OF_OTHERS = /* sql */ `
DELETE FROM occurrence WHERE id IN (
  SELECT o.id FROM occurrence o
  WHERE o.id >= $1 AND o.id < $2 AND NOT (o.workflow_id = ANY($3::uuid[])) AND NOT ${STAYS}
  LIMIT ${OCCURRENCES_A_BATCH}) AND id >= $1 AND id < $2
RETURNING 1`;

const HOLDS_ANY = /* sql */ `
SELECT EXISTS (SELECT FROM execution WHERE workflow_id = ANY($1::uuid[]) AND id >= $2 AND id < $3) AS found`;
const HOLDS_OPEN = /* sql */ `
SELECT EXISTS (
  SELECT FROM execution WHERE NOT (workflow_id = ANY($1::uuid[])) AND id >= $2 AND id < $3 AND is_open) AS found`;

const DAY_MS = 86_400_000;

/** Removes history row by row, in small transactions, where whole days cannot be dropped. */
export class ExpiredHistory {
  constructor(private readonly database: Database) {}

  /** What a workflow has accepted, and ended, before `before` (milliseconds). */
  async removeOf(workflowId: string, before: number): Promise<void> {
    const { lowest } = idBounds(before);
    await this.removeBatches(OF_WORKFLOW, [workflowId, lowest, new Date(before)]);
    await this.deleteBatches(OCCURRENCES_OF_WORKFLOW, [workflowId, lowest]);
  }

  /** All of a day but what belongs to these workflows. @returns whether nothing of it is left: no open execution either. */
  async thin(day: number, keepers: readonly string[]): Promise<boolean> {
    const [from, to] = boundsOf(day);
    await this.removeBatches(OF_OTHERS, [from, to, keepers]);
    await this.deleteBatches(OCCURRENCES_OF_OTHERS, [from, to, keepers]);
    return !(await this.found(HOLDS_OPEN, [keepers, from, to]));
  }

  /** Whether any of these workflows has executions of that day. */
  async holds(day: number, workflowIds: readonly string[]): Promise<boolean> {
    return workflowIds.length > 0 && (await this.found(HOLDS_ANY, [workflowIds, ...boundsOf(day)]));
  }

  private async removeBatches(select: string, values: readonly unknown[]): Promise<void> {
    let removed: number;
    do {
      removed = await this.database.transaction(async (client) => {
        const { rows } = await client.query<{ id: string }>(select, [...values]);
        const ids = rows.map((row) => row.id);
        await removeExecutions(client, ids);
        return ids.length;
      });
    } while (removed === EXECUTIONS_A_BATCH);
  }

  private async deleteBatches(sql: string, values: readonly unknown[]): Promise<void> {
    let deleted: unknown[];
    do deleted = await this.database.query(sql, values);
    while (deleted.length === OCCURRENCES_A_BATCH);
  }

  private async found(sql: string, values: readonly unknown[]): Promise<boolean> {
    const [row] = await this.database.query<{ found: boolean }>(sql, values);
    return row?.found === true;
  }
}

function boundsOf(day: number): [string, string] {
  return [idBounds(day).lowest, idBounds(day + DAY_MS).lowest];
}
