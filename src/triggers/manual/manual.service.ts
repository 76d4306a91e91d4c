import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { Caller } from '../../common/api/requires.js';
import { Clock } from '../../common/clock.js';
import { Database } from '../../common/database/database.js';
import { ExecutionStarter, type StartRequest, type StartResult } from '../../engine/engine.contract.js';
import { ConcurrencyLimitError, InputInvalidError } from '../../engine/engine.errors.js';
import { ExecutionEnds } from '../../engine/execution-ends.js';
import { ExecutionViews } from '../../engine/execution-views.js';
import { USUAL_WAIT_MS } from '../../engine/start/wait-timeout.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { InForce } from '../in-force.js';
import { keepableKey } from '../occurrences/keepable-key.js';
import { StartAnswers, type StartAnswer } from '../start-answer.js';
import { TriggerCompiler } from '../trigger-compiler.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { TriggerHost, type ArmedTrigger, type Handled, type Seen } from '../trigger.contract.js';
import { TriggerRepository } from '../trigger.repository.js';
import { NotDeployedError, OccurrenceFailedError, TriggerPausedError } from '../triggers.errors.js';
import { Confirmations } from './confirmations.repository.js';

const DAY_MS = 86_400_000;
const DEFAULT_PRIORITY = 5;

/** What somebody asks for by hand. */
export interface ManualOrder {
  readonly input: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly priority: number | null;
  readonly wait: boolean;
  /** null: the usual time. */
  readonly waitMs: number | null;
  readonly idempotencyKey: string | null;
}

/** What the confirming request itself says. */
export type ConfirmOrder = Pick<ManualOrder, 'wait' | 'waitMs' | 'idempotencyKey'>;

export interface ConfirmationAnswer {
  confirmation_required: true;
  confirmation_token: string;
  expires_at: string;
}

export interface ManualAnswer {
  readonly status: 200 | 202;
  readonly body: StartAnswer | ConfirmationAnswer | Record<string, unknown>;
}

/** Where a start by hand goes: a manual trigger in force, or just the version that is deployed. */
interface Target {
  readonly workflowId: string;
  readonly version: number;
  readonly trigger: ArmedTrigger | null;
}

/** Starts by hand, confirmed where the trigger asks for it. */
@Injectable()
export class ManualStarts {
  constructor(
    private readonly workflows: WorkflowDirectory,
    private readonly inForce: InForce,
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
    private readonly registry: TriggerRegistry,
    private readonly host: TriggerHost,
    private readonly starter: ExecutionStarter,
    private readonly ends: ExecutionEnds,
    private readonly views: ExecutionViews,
    private readonly starts: StartAnswers,
    private readonly confirmations: Confirmations,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * @param triggerId one of several manual triggers; without it the first.
   * @throws NotDeployedError, TriggerPausedError 409; InputInvalidError 422
   */
  async start(workflow: string, order: ManualOrder, caller: Caller, triggerId?: string): Promise<ManualAnswer> {
    const target = await this.targetOf(workflow, caller, triggerId);
    if (this.needsConfirmation(target.trigger)) return this.ask(target, order, caller);
    const handled =
      target.trigger === null
        ? await this.startPlain(target, order, caller)
        : await this.startBy(target.trigger, order, caller);
    return this.answer(target.workflowId, handled, order);
  }

  /** @throws ConfirmationError 403, 409 */
  async confirm(
    workflow: string,
    token: string,
    { wait, waitMs, idempotencyKey }: ConfirmOrder,
    caller: Caller,
    triggerId?: string,
  ): Promise<ManualAnswer> {
    const target = await this.targetOf(workflow, caller, triggerId);
    const { order, handled, after } = await this.database.transaction(async (client) => {
      const spent = await this.confirmations.spend(client, target.workflowId, caller.actor, token, idempotencyKey);
      const asked = spent as ManualOrder;
      const wanted = { ...asked, wait: asked.wait || wait, waitMs: waitMs ?? asked.waitMs };
      return { order: wanted, ...(await this.startWithin(client, target, wanted, caller)) };
    });
    after();
    return this.answer(target.workflowId, handled, order);
  }

  private async ask(target: Target, order: ManualOrder, caller: Caller): Promise<ManualAnswer> {
    const faults = await this.starter.checkInput(target.workflowId, target.version, order.input);
    if (faults.length > 0) {
      throw new InputInvalidError(faults.map((message) => ({ path: 'input', code: 'input_invalid', message })));
    }
    const { token, expiresAt } = await this.confirmations.create(target.workflowId, caller.actor, order);
    return {
      status: 202,
      body: { confirmation_required: true, confirmation_token: token, expires_at: expiresAt.toISOString() },
    };
  }

  private async targetOf(idOrSlug: string, caller: Caller, triggerId?: string): Promise<Target> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    if (workflow.status === 'paused') throw new TriggerPausedError('the workflow is paused');
    const deployed = await this.inForce.of(workflow.id);
    if (deployed === null) throw new NotDeployedError(workflow.id);
    const rows = await this.triggers.ofWorkflow(workflow.id);
    const isMeant = (id: string): boolean => triggerId === undefined || id === triggerId;
    const row = rows.find((one) => one.type === 'manual' && one.armed_at !== null && isMeant(one.id));
    const trigger = row === undefined ? null : this.compiler.compile(row);
    if (trigger !== null && trigger.paused !== null) throw new TriggerPausedError(trigger.paused);
    return { workflowId: workflow.id, version: deployed.version, trigger };
  }

  private needsConfirmation(trigger: ArmedTrigger | null): boolean {
    return trigger !== null && this.registry.get(trigger.type).needsConfirmation(trigger.config);
  }

  private startBy(trigger: ArmedTrigger, order: ManualOrder, caller: Caller): Promise<Handled> {
    return this.host.handle(trigger, this.seenOf(order, caller));
  }

  private async startPlain(target: Target, order: ManualOrder, caller: Caller): Promise<Handled> {
    return handledOf(await this.starter.start(this.requestOf(target, order, caller)));
  }

  private async startWithin(
    client: PoolClient,
    target: Target,
    order: ManualOrder,
    caller: Caller,
  ): Promise<{ handled: Handled; after: () => void }> {
    if (target.trigger !== null) {
      const { handled, after } = await this.host.handleWithin(client, [
        { trigger: target.trigger, seen: this.seenOf(order, caller) },
      ]);
      return { handled: handled[0] as Handled, after };
    }
    const results = await this.starter.startWithin(client, [this.requestOf(target, order, caller)]);
    return { handled: handledOf(results[0] as StartResult), after: () => this.starter.dispatch(results) };
  }

  private seenOf(order: ManualOrder, caller: Caller): Seen {
    return {
      occurredAt: this.clock.date(),
      scheduledFor: null,
      payload: { input: order.input, by: caller.actor },
      key: order.idempotencyKey,
      keyTtlMs: DAY_MS,
      defaultInput: order.input,
      awaited: order.wait,
      order: { variables: order.variables, priority: order.priority, createdBy: caller.actor },
    };
  }

  private requestOf(target: Target, order: ManualOrder, caller: Caller): StartRequest {
    const occurredAt = this.clock.date().toISOString();
    const payload = { input: order.input, by: caller.actor };
    const key = order.idempotencyKey;
    return {
      occurrence: null,
      key: key === null ? null : { scope: target.workflowId, key: keepableKey(key), ttlMs: DAY_MS },
      awaited: order.wait,
      execution: {
        workflowId: target.workflowId,
        version: target.version,
        input: order.input,
        variables: order.variables,
        priority: order.priority ?? DEFAULT_PRIORITY,
        triggerId: null,
        triggerType: 'manual',
        trigger: { type: 'manual', id: null, name: null, occurred_at: occurredAt, scheduled_for: null, payload },
        createdBy: caller.actor,
      },
    };
  }

  private async answer(workflowId: string, handled: Handled, order: ManualOrder): Promise<ManualAnswer> {
    if (handled.outcome === 'failed') throw new OccurrenceFailedError(handled.reason?.detail ?? '');
    if (handled.outcome === 'skipped' && handled.reason?.code === 'concurrency') throw new ConcurrencyLimitError();
    if (order.wait && handled.executionId !== null) {
      const finished = await this.ends.wait(handled.executionId, order.waitMs ?? USUAL_WAIT_MS);
      if (finished !== null) return { status: 200, body: await this.views.finished(finished.id) };
    }
    return { status: 202, body: await this.starts.of(workflowId, handled, order.wait) };
  }
}

function handledOf({ executionId, occurrenceId, duplicate, limited }: StartResult): Handled {
  if (limited === 'skipped') {
    return { outcome: 'skipped', reason: { code: 'concurrency', detail: '' }, occurrenceId, executionId };
  }
  const outcome = duplicate ? 'duplicate' : 'fired';
  return { outcome, reason: null, occurrenceId, executionId, hasFailed: limited === 'failed' };
}
