import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ChildRequest, NodeFailure } from '../../nodes/node.contract.js';
import { WorkflowDirectory, type WorkflowEntry } from '../../workflows/workflow-directory.js';
import type { AcceptRow } from '../start/accept.statement.js';
import { StarterService } from '../start/starter.service.js';
import type { Asking } from './asking.js';
import { traceParentOfChild } from '../run/run-trace.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import { triggerOfChild } from '../run/withheld.js';
import { Refused } from './refused.js';

type WorkflowRequest = Extract<ChildRequest, { kind: 'workflow' }>;

/** Turns what a `subworkflow` step asks for into an execution to be accepted. */
@Injectable()
export class SubworkflowRequests {
  constructor(
    private readonly config: AppConfig,
    private readonly workflows: WorkflowDirectory,
    private readonly starter: StarterService,
  ) {}

  async rowOf(asking: Asking, request: WorkflowRequest): Promise<AcceptRow[] | Refused> {
    const most = this.config.subworkflowMaxDepth;
    if (asking.parent.depth >= most) return new Refused(tooDeep(most));
    try {
      return [await this.row(asking, request)];
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return Refused.by(error);
      throw error;
    }
  }

  private async row({ step, parent }: Asking, request: WorkflowRequest): Promise<AcceptRow> {
    const workflow = await this.find(request.workflow, parent.workflow_id);
    // What a test run starts counts nowhere either.
    const isTest = parent.trigger_type === TEST_TRIGGER;
    const type = isTest ? TEST_TRIGGER : 'subworkflow';
    const execution = {
      workflowId: workflow.id,
      version: request.version ?? workflow.deployedVersion ?? workflow.version,
      input: request.input,
      variables: {},
      priority: parent.priority,
      triggerId: null,
      triggerType: type,
      trigger: triggerOfChild(parent, type, parent.now),
      createdBy: parent.created_by,
      ...(isTest && { mocks: {} }),
    };
    const link = {
      executionId: parent.id,
      stepExecutionId: step.stepExecutionId,
      attempt: step.attempt,
      isDetached: !request.wait,
      depth: parent.depth + 1,
      pass: null,
    };
    return await this.starter.childRow(
      execution,
      request.execution_id,
      link,
      traceParentOfChild(parent.trace_parent, step),
    );
  }

  /** What belongs to somebody else does not exist for an owner's workflow, as it does not for the owner. */
  private async find(idOrSlug: string, parentWorkflowId: string): Promise<WorkflowEntry> {
    const [workflow, own] = [await this.workflows.get(idOrSlug), await this.workflows.get(parentWorkflowId)];
    if (own.ownerId !== null && workflow.ownerId !== own.ownerId) throw notFound(idOrSlug);
    if (workflow.status === 'archived') throw archived(workflow.slug);
    return workflow;
  }
}

function tooDeep(most: number): NodeFailure {
  const message = `Subworkflows may start subworkflows ${most} levels deep (SUBWORKFLOW_MAX_DEPTH).`;
  return { code: 'depth_exceeded', message, retryable: false };
}

function notFound(idOrSlug: string): AppError {
  return new AppError({ code: 'workflow_not_found', status: 404, message: `There is no workflow "${idOrSlug}".` });
}

function archived(slug: string): AppError {
  const message = `Workflow ${slug} is archived: it starts nothing any more.`;
  return new AppError({ code: 'workflow_state', status: 409, message });
}
