import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { isId } from '../../common/ids.js';
import { valueFaults } from '../../common/validation/json-schema.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import {
  AlreadyDecidedError,
  ApprovalClosedError,
  ApprovalNotFoundError,
  DecisionInvalidError,
} from './approval.errors.js';
import type { ApprovalRow, ApprovalStatus, Decision, Verb } from './approval.row.js';
import { holdApproval, saveDecisions, type HeldApproval } from './approvals.statement.js';

export interface GivenDecision {
  readonly decision: Verb;
  /** undefined: none. */
  readonly data: unknown;
  readonly comment: string | null;
  /** Who decides. */
  readonly by: string;
  readonly via: Decision['via'];
}

/** Takes decisions. The decision, the answer to the step and the spent link commit together; the first one wins. */
@Injectable()
export class Approvals {
  constructor(
    private readonly database: Database,
    private readonly answers: StepAnswers,
  ) {}

  /**
   * @throws ApprovalNotFoundError 404; AlreadyDecidedError and ApprovalClosedError 409; DecisionInvalidError 422.
   */
  async decide(id: string, given: GivenDecision): Promise<ApprovalRow> {
    if (!isId(id)) throw new ApprovalNotFoundError(id);
    const { row, afterCommit } = await this.database.retriedTransaction((client) =>
      this.decideWithin(client, id, given),
    );
    afterCommit();
    return row;
  }

  private async decideWithin(
    client: PoolClient,
    id: string,
    given: GivenDecision,
  ): Promise<{ row: ApprovalRow; afterCommit: () => void }> {
    const held = await holdApproval(client, id);
    if (held === undefined) throw new ApprovalNotFoundError(id);
    refuse(held, given);
    const decision = toDecision(given, held.now);
    const decisions = [...held.decisions, decision];
    const status = statusBy(decisions, held.approvals_needed);
    const row = await saveDecisions(client, id, decisions, status);
    if (status === 'pending') return { row, afterCommit: () => undefined };
    const { executionId, stepExecutionId } = { executionId: row.execution_id, stepExecutionId: row.step_execution_id };
    const value = { ...decision, decisions };
    const { taken, afterCommit } = await this.answers.giveWithin(client, [
      { executionId, stepExecutionId, attempt: row.attempt, value },
    ]);
    // Cancelled, or out of time: the step has not told the approval yet.
    if (!taken.has(stepExecutionId)) throw new ApprovalClosedError('expired');
    return { row, afterCommit };
  }
}

function refuse(held: HeldApproval, { by, via, decision, data }: GivenDecision): void {
  if (held.decisions.some((earlier) => earlier.by === by)) throw new AlreadyDecidedError(via);
  if (held.status !== 'pending') throw new ApprovalClosedError(held.status);
  if (held.is_past) throw new ApprovalClosedError('expired');
  if (held.form === null || (decision === 'reject' && data === undefined)) return;
  const faults = valueFaults(held.form, data ?? {}, 'data');
  if (faults.length > 0) throw new DecisionInvalidError(faults);
}

function toDecision({ decision, by, data, comment, via }: GivenDecision, now: Date): Decision {
  return { decision, by, at: now.toISOString(), data: data ?? null, comment, via };
}

function statusBy(decisions: readonly Decision[], needed: number): ApprovalStatus {
  if (decisions.some(({ decision }) => decision === 'reject')) return 'rejected';
  return decisions.length >= needed ? 'approved' : 'pending';
}
