import type { PoolClient } from 'pg';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';
import { idBounds, idTime } from '../../common/ids.js';
import { approvalId } from '../../common/links/approval-id.js';
import type { Suspended } from '../suspension/suspensions.js';
import type { ApprovalRequest, ApprovalRow, ApprovalStatus, Decision, Escalation } from './approval.row.js';

const requestOf = ({ request }: Suspended): ApprovalRequest => request.payload as ApprovalRequest;

/** Those that are mailed and are no assignees get links of their own too. */
export function peopleOf({ assignees, notify }: Pick<ApprovalRequest, 'assignees' | 'notify'>): string[] {
  return [...new Set([...assignees, ...notify])];
}

const COLUMNS: readonly Column<Suspended>[] = [
  { name: 'id', type: 'uuid', value: (step) => approvalId(step.stepExecutionId, step.attempt) },
  { name: 'execution_id', type: 'uuid', value: (step) => step.executionId },
  { name: 'workflow_id', type: 'uuid', value: (step) => step.workflowId },
  { name: 'step_execution_id', type: 'uuid', value: (step) => step.stepExecutionId },
  { name: 'step_path', type: 'text', value: (step) => step.stepPath },
  { name: 'attempt', type: 'integer', value: (step) => step.attempt },
  { name: 'title', type: 'text', value: (step) => requestOf(step).title },
  { name: 'message', type: 'text', value: (step) => requestOf(step).message },
  { name: 'assignees', type: 'json', value: (step) => toJson(peopleOf(requestOf(step))) },
  { name: 'approvals_needed', type: 'integer', value: (step) => requestOf(step).approvals_needed },
  { name: 'form', type: 'json', value: (step) => toJson(requestOf(step).form) },
  { name: 'expires_at', type: 'timestamptz', value: (step) => step.until },
  { name: 'escalations', type: 'json', value: (step) => toJson(requestOf(step).escalate ?? []) },
];

const LIST_OF = 'ARRAY(SELECT json_array_elements_text(i.assignees::json))';

const OPEN = /* sql */ `
INSERT INTO approval (${COLUMNS.map((column) => column.name).join(', ')})
SELECT ${selectSql('i', COLUMNS).replace('i.assignees::json', LIST_OF)} FROM ${unnestSql('i', COLUMNS)}
ON CONFLICT (id) DO NOTHING
RETURNING id`;

/** Index: approval_step; the bounds leave the partitions of the steps. */
const CLOSE = /* sql */ `
UPDATE approval SET status = 'expired', closed_at = now()
WHERE step_execution_id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3 AND status = 'pending'`;

const READ = /* sql */ `SELECT * FROM approval WHERE id = $1`;
const HOLD_EXECUTION = /* sql */ `SELECT id FROM execution WHERE id = $1 FOR UPDATE`;
const HOLD = /* sql */ `
SELECT *, coalesce(expires_at <= now(), false) AS is_past, now() AS now FROM approval WHERE id = $1 FOR UPDATE`;
const SAVE = /* sql */ `
UPDATE approval SET decisions = $2::json, status = $3,
  closed_at = CASE WHEN $3 = 'pending' THEN NULL ELSE now() END
WHERE id = $1 RETURNING *`;

const SAVE_ESCALATION = /* sql */ `UPDATE approval SET assignees = $2, escalations = $3::json WHERE id = $1`;

export interface HeldApproval extends ApprovalRow {
  /** Its time is up, by the database's clock. */
  readonly is_past: boolean;
  readonly now: Date;
}

/** @returns ids of those that were not there yet. */
export async function openApprovals(client: PoolClient, steps: readonly Suspended[]): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(OPEN, unnestValues(COLUMNS, steps));
  return new Set(rows.map((row) => row.id));
}

export async function closeApprovals(client: PoolClient, stepExecutionIds: readonly string[]): Promise<void> {
  const times = stepExecutionIds.map(idTime);
  const from = idBounds(Math.min(...times)).lowest;
  await client.query(CLOSE, [stepExecutionIds, from, idBounds(Math.max(...times)).highest]);
}

/**
 * Holds the approval for a decision. The execution is held before it: its owner does the same, in this order, when it
 * records that the step waits no longer.
 */
export async function holdApproval(client: PoolClient, id: string): Promise<HeldApproval | undefined> {
  const [found] = (await client.query<ApprovalRow>(READ, [id])).rows;
  if (found === undefined) return undefined;
  await client.query(HOLD_EXECUTION, [found.execution_id]);
  return (await client.query<HeldApproval>(HOLD, [id])).rows[0];
}

export async function saveDecisions(
  client: PoolClient,
  id: string,
  decisions: readonly Decision[],
  status: ApprovalStatus,
): Promise<ApprovalRow> {
  const { rows } = await client.query<ApprovalRow>(SAVE, [id, JSON.stringify(decisions), status]);
  return rows[0] as ApprovalRow;
}

export async function saveEscalation(
  client: PoolClient,
  id: string,
  assignees: readonly string[],
  escalations: readonly Escalation[],
): Promise<void> {
  await client.query(SAVE_ESCALATION, [id, assignees, JSON.stringify(escalations)]);
}
