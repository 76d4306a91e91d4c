import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { newId, newIdWithin } from '../../common/ids.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { didYouMean } from '../../common/validation/did-you-mean.js';
import type { Plan } from '../../definition/plan.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import { TEST_TRIGGER, type OccurrenceKey } from '../engine.contract.js';
import {
  ExecutionNotFoundError,
  ExecutionStateError,
  FromStepInvalidError,
  InputInvalidError,
  PassRetryError,
} from '../engine.errors.js';
import { letGoOfPasses, passPlan } from '../children/pass-retries.js';
import { placeOf } from '../concurrency/place.js';
import { Places } from '../concurrency/places.service.js';
import { isInside, planRetry, type RetryPlan } from '../planner/retry-plan.js';
import { RETRIED_STATUSES } from '../planner/state-tables.js';
import { copyFiles } from '../files/files.statements.js';
import { insertLogs } from '../run/logs.js';
import { SEVERAL } from '../planner/step-view.js';
import { planPath } from '../run/step-book.js';
import { inputFaults } from '../start/input-schemas.js';
import { takeRetryKey } from './retry-key.js';
import {
  copySteps,
  holdExecution,
  insertRetry,
  reopen,
  requeue,
  setBack,
  stepsOf,
  type HeldExecution,
  type HeldStep,
  type Queued,
} from './retry.statements.js';

export interface RetryRequest {
  /** A step path; undefined: the step that failed. */
  readonly fromStep?: string | undefined;
  readonly withVersion?: number | undefined;
  /** undefined: the same. */
  readonly input?: unknown;
  /** Who asks, as the audit log names it. */
  readonly actor: string;
  readonly key: OccurrenceKey | null;
}

export interface Retried {
  /** The execution that runs: the same one, or a new one. */
  readonly id: string;
  /** An earlier call with the same key did it. */
  readonly duplicate: boolean;
}

/** Runs ended executions again: in place, or as a new execution that brings the results before `from_step` along. */
@Injectable()
export class RetryService {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly plans: WorkflowPlans,
    private readonly queue: ExecutionQueue,
    private readonly places: Places,
  ) {}

  /**
   * @throws ExecutionNotFoundError, VersionNotFoundError 404; ExecutionStateError 409 when it has not ended, or is
   *   completed and no step is named; FromStepInvalidError, InputInvalidError 422.
   */
  async retry(id: string, request: RetryRequest): Promise<Retried> {
    const isNew = request.withVersion !== undefined || request.input !== undefined;
    const runs = isNew ? newId() : id;
    const { duplicateOf, queued } = await this.database.retriedTransaction(async (client) => {
      const held = await holdExecution(client, id);
      if (held === undefined) throw new ExecutionNotFoundError(id);
      const duplicateOf = request.key === null ? null : await takeRetryKey(client, request.key, runs);
      if (duplicateOf !== null) return { duplicateOf, queued: [] };
      refuseState(held, request);
      if (isNew && held.pass !== null) throw new PassRetryError(held.parent_id);
      const queued = isNew ? await this.asNew(client, held, request, runs) : await this.inPlace(client, held, request);
      return { duplicateOf, queued };
    });
    for (const { id: executionId, epoch, priority, concurrency_key: key } of queued) {
      if (key === null) this.queue.add([{ executionId, epoch, priority }]);
      else this.places.give([key]);
    }
    return { id: duplicateOf ?? runs, duplicate: duplicateOf !== null };
  }

  private async inPlace(client: PoolClient, held: HeldExecution, { fromStep, actor }: RetryRequest): Promise<Queued[]> {
    const { plan: whole } = await this.plans.get(held.workflow_id, held.version);
    const { pass } = held;
    const { plan, prefix } =
      pass === null ? { plan: whole, prefix: '' } : await passPlan(client, whole, { ...held, pass });
    const steps = await stepsOf(client, held.id);
    const retry = planFrom(plan, steps, fromStep ?? null, prefix);
    const { again, reopened } = retry;
    await letGoOfPasses(client, steps, retry, fromStep);
    const named = (paths: ReadonlySet<string>): HeldStep[] => steps.filter((step) => paths.has(step.step_path));
    await setBack(client, named(again), held.attempt);
    await reopen(client, named(reopened));
    await logRetry(client, held, fromStep, actor);
    return await requeue(client, held);
  }

  private async asNew(client: PoolClient, held: HeldExecution, request: RetryRequest, id: string): Promise<Queued[]> {
    const { input, actor } = request;
    const version = request.withVersion ?? held.version;
    const { plan } = await this.plans.get(held.workflow_id, version);
    const faults = inputFaults(plan, input === undefined ? held.input : input);
    if (faults.length > 0) throw new InputInvalidError(faults);
    const steps = fitting(plan, await stepsOf(client, held.id));
    const from = request.fromStep ?? failedStepIn(plan, held);
    const { again, reopened } = planFrom(plan, steps, from);
    const timeoutMs = plan.timeoutMs ?? this.config.executionTimeoutMs;
    const named = { workflowId: held.workflow_id, version, input: input === undefined ? held.input : input };
    const names = { ...named, variables: held.variables ?? {}, trigger: held.trigger };
    const place = held.trigger_type === TEST_TRIGGER ? null : placeOf(plan, names, this.config.variables);
    const made = { id, retryOf: held.id, version, input, timeoutMs, createdBy: actor, place };
    const queued = await insertRetry(client, made);
    // What a loop or a parallel goes by was made from the old version and input: it enters its scopes anew.
    const entersAnew = ({ step_path, scope }: HeldStep): boolean => scope === SEVERAL && reopened.has(step_path);
    const kept = steps.filter((step) => !again.has(step.step_path) && !entersAnew(step));
    await copySteps(client, id, kept, reopened);
    await copyFiles(client, held.id, id, new Set(kept.map((step) => step.step_path)));
    return queued;
  }
}

function refuseState({ id, status }: HeldExecution, { fromStep }: RetryRequest): void {
  if (RETRIED_STATUSES.includes(status)) return;
  if (status !== 'completed') throw new ExecutionStateError(id, status, 'retried');
  if (fromStep === undefined) throw new ExecutionStateError(id, status, 'retried unless `from_step` names a step');
}

function planFrom(plan: Plan, steps: readonly HeldStep[], from: string | null, prefix = ''): RetryPlan {
  if (from !== null && !plan.steps.has(planPath(from))) {
    const meant = didYouMean(from, plan.steps.keys());
    const hint = meant === undefined ? 'A step path, such as `fetch` or `check.big`.' : `Did you mean "${meant}"?`;
    throw new FromStepInvalidError('unknown_step', `There is no step "${from}" in this version.`, hint);
  }
  const retry = planRetry(plan, new Map(steps.map((step) => [step.step_path, step])), from, prefix);
  if (retry.reachesFrom) return retry;
  throw new FromStepInvalidError('step_not_reached', `This execution did not take the way to step "${from}".`);
}

/** A step inside one that is not brought along runs again with it. */
function fitting(plan: Plan, steps: readonly HeldStep[]): HeldStep[] {
  const others = steps.filter((step) => !fits(plan, step)).map((step) => step.step_path);
  return steps.filter(({ step_path }) => !others.some((other) => other === step_path || isInside(step_path, other)));
}

/** Whether a result can be brought along into a version: its step is there, of the same type, with the same branch. */
function fits(plan: Plan, { step_path, type, scope }: HeldStep): boolean {
  const step = plan.steps.get(planPath(step_path));
  return step?.type === type && (scope === null || scope === SEVERAL || scope in step.scopes);
}

function failedStepIn(plan: Plan, { error }: HeldExecution): string | null {
  const path = error?.step_path ?? null;
  return path !== null && plan.steps.has(planPath(path)) ? path : null;
}

async function logRetry(
  client: PoolClient,
  { id: executionId, attempt, status }: HeldExecution,
  fromStep: string | undefined,
  actor: string,
): Promise<void> {
  const at = Date.now();
  const from = fromStep === undefined ? '' : ` from step ${fromStep}`;
  const message = `attempt ${attempt} of this execution ended as ${status}; ${actor} retries it${from}`;
  const line = { level: 'info', stepPath: null, attempt: null, message, data: null } as const;
  await insertLogs(client, [{ logs: [{ id: newIdWithin(executionId, at), executionId, at, ...line }] }]);
}
