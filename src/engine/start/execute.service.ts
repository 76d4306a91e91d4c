import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { Caller } from '../../common/api/requires.js';
import { WorkflowDirectory, type WorkflowEntry } from '../../workflows/workflow-directory.js';
import { ExecutionStarter, TEST_TRIGGER, type TriggerNames } from '../engine.contract.js';
import { ExecutionEnds } from '../execution-ends.js';
import type { ExecuteDto, ExecutionDto, StartedDto } from '../views/execution.dto.js';
import { ExecutionQueries } from '../views/execution-queries.service.js';
import { idempotencyKey } from './idempotency-key.js';
import { waitTimeout } from './wait-timeout.js';

export interface ExecuteRequest {
  readonly workflow: string;
  readonly body: ExecuteDto;
  readonly idempotencyKey: string | undefined;
  readonly caller: Caller;
  /** It is a test run. */
  readonly test?: { readonly mocks: Readonly<Record<string, unknown>>; readonly trigger: TriggerNames | null };
}

export type ExecuteAnswer = { readonly finished: ExecutionDto } | { readonly started: StartedDto };

/** `POST /workflows/{id}/execute`: starts an execution without a trigger. */
@Injectable()
export class ExecuteService {
  constructor(
    private readonly workflows: WorkflowDirectory,
    private readonly starter: ExecutionStarter,
    private readonly ends: ExecutionEnds,
    private readonly queries: ExecutionQueries,
  ) {}

  async execute({
    workflow: idOrSlug,
    body,
    idempotencyKey: givenKey,
    caller,
    test,
  }: ExecuteRequest): Promise<ExecuteAnswer> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    refuseArchived(workflow);
    const timeoutMs = waitTimeout(body.wait_timeout);
    const waitMs = body.wait === true ? timeoutMs : null;
    const result = await this.starter.start({
      occurrence: null,
      execution: {
        workflowId: workflow.id,
        version: body.version ?? workflow.deployedVersion ?? workflow.version,
        input: body.input ?? {},
        variables: body.variables ?? {},
        priority: body.priority ?? 5,
        triggerId: null,
        triggerType: test === undefined ? 'api' : TEST_TRIGGER,
        trigger: test?.trigger ?? null,
        createdBy: caller.actor,
        ...(test !== undefined && { mocks: test.mocks }),
      },
      key: idempotencyKey(workflow.id, givenKey, test === undefined ? 'idempotency' : TEST_TRIGGER),
      awaited: waitMs !== null,
    });
    const id = result.executionId ?? '';
    if (waitMs !== null && (await this.ends.wait(id, waitMs)) !== null)
      return { finished: await this.queries.finished(id) };
    const isNew = !result.duplicate && result.limited === undefined && waitMs === null;
    return { started: await this.started(id, workflow.id, result.duplicate, isNew) };
  }

  private async started(id: string, workflowId: string, duplicate: boolean, isNew: boolean): Promise<StartedDto> {
    const status = isNew ? 'queued' : (await this.queries.summary(id)).status;
    const status_url = `/api/v1/executions/${id}`;
    return { id, execution_id: id, workflow_id: workflowId, status, status_url, duplicate };
  }
}

function refuseArchived(workflow: WorkflowEntry): void {
  if (workflow.status !== 'archived') return;
  throw new AppError({
    code: 'workflow_state',
    status: 409,
    message: `Workflow ${workflow.slug} is archived: it starts nothing any more.`,
  });
}
