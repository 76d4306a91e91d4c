import { Injectable } from '@nestjs/common';
import { ExecutionViews } from '../engine/execution-views.js';
import type { Handled } from './trigger.contract.js';

/** What every starting route answers with 202 (shapes.md, Starting). */
export interface StartAnswer {
  id: string | null;
  execution_id: string | null;
  workflow_id: string;
  /** The execution's, or the occurrence's outcome where nothing was started. */
  status: string;
  status_url: string | null;
  duplicate: boolean;
  occurrence_id: string | null;
  reason: { code: string; detail: string } | null;
}

export function startAnswer(workflowId: string, handled: Handled): StartAnswer {
  const { executionId, outcome } = handled;
  return {
    id: executionId,
    execution_id: executionId,
    workflow_id: workflowId,
    status: executionId === null ? outcome : handled.hasFailed === true ? 'failed' : 'queued',
    status_url: executionId === null ? null : `/api/v1/executions/${executionId}`,
    duplicate: outcome === 'duplicate',
    occurrence_id: handled.occurrenceId,
    reason: handled.reason,
  };
}

/** The same where the execution may have gone on meanwhile: it is another's, or was waited for. */
@Injectable()
export class StartAnswers {
  constructor(private readonly views: ExecutionViews) {}

  async of(workflowId: string, handled: Handled, wasAwaited = false): Promise<StartAnswer> {
    const answer = startAnswer(workflowId, handled);
    if (answer.execution_id === null || !(wasAwaited || answer.duplicate)) return answer;
    return { ...answer, status: (await this.views.status(answer.execution_id)) ?? handled.outcome };
  }
}
