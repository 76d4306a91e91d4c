import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { Caller } from '../../common/api/requires.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import type { TriggerNames } from '../engine.contract.js';
import type { TestDto, TestTriggerDto } from '../views/test-run.dto.js';
import { ExecuteService, type ExecuteAnswer } from './execute.service.js';
import { mockFaults } from './mock-faults.js';

export interface TestRequest {
  readonly workflow: string;
  readonly body: TestDto;
  readonly idempotencyKey: string | undefined;
  readonly caller: Caller;
}

/** `POST /workflows/{id}/test`: an execution in which mocks stand in for steps, and which counts nowhere. */
@Injectable()
export class TestRunService {
  constructor(
    private readonly workflows: WorkflowDirectory,
    private readonly plans: WorkflowPlans,
    private readonly executes: ExecuteService,
  ) {}

  /** @throws AppError 422 `validation_failed` for mocks of steps that do not exist. */
  async run({ workflow: idOrSlug, body, idempotencyKey, caller }: TestRequest): Promise<ExecuteAnswer> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    const version = body.version ?? workflow.version;
    const { plan } = await this.plans.get(workflow.id, version);
    const mocks = body.mocks ?? {};
    const errors = mockFaults(plan, mocks);
    if (errors.length > 0) {
      const message = `${errors.length} of the mocks cannot stand in for a step of version ${version}.`;
      throw new AppError({ code: 'validation_failed', status: 422, message, errors });
    }
    const test = { mocks, trigger: namesOf(body.trigger) };
    return await this.executes.execute({
      workflow: workflow.id,
      body: { ...body, version },
      idempotencyKey,
      caller,
      test,
    });
  }
}

/** null: expressions see no trigger, as in an execution that was started by hand. */
function namesOf(trigger: TestTriggerDto | undefined): TriggerNames | null {
  if (trigger === undefined) return null;
  const { type = 'test', name = null, occurred_at, scheduled_for = null, payload = null } = trigger;
  return { type, id: null, name, occurred_at: occurred_at ?? new Date().toISOString(), scheduled_for, payload };
}
