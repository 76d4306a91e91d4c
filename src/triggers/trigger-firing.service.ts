import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { ExecutionEnds } from '../engine/execution-ends.js';
import { ExecutionViews } from '../engine/execution-views.js';
import { ManualStarts, type ConfirmationAnswer, type ManualAnswer, type ManualOrder } from './manual/manual.service.js';
import type { StartAnswer } from './start-answer.js';
import { TriggerService } from './trigger.service.js';

export interface FiringOrder extends Pick<ManualOrder, 'variables' | 'priority' | 'idempotencyKey'> {
  /** undefined: none was given. */
  readonly payload: unknown;
  /** Of a manual trigger that asks for it. */
  readonly confirmationToken: string | null;
}

export interface WebhookOrder {
  /** The webhook's. */
  readonly body: unknown;
  readonly idempotencyKey: string | null;
  /** How long to wait for the execution; null: not at all. */
  readonly waitMs: number | null;
}

/** Fires any trigger by hand; a manual one with its confirmation. */
@Injectable()
export class TriggerFiring {
  constructor(
    private readonly triggers: TriggerService,
    private readonly manual: ManualStarts,
    private readonly ends: ExecutionEnds,
    private readonly views: ExecutionViews,
  ) {}

  async fire(id: string, order: FiringOrder, caller: Caller): Promise<StartAnswer | ConfirmationAnswer> {
    const { type, workflow_id: workflow, is_armed: isArmed } = await this.triggers.get(id, caller);
    const { payload, variables, priority, idempotencyKey, confirmationToken } = order;
    // One that is not in force says so itself.
    if (type !== 'manual' || !isArmed) return this.triggers.fire(id, payload ?? null, idempotencyKey, caller);
    if (confirmationToken !== null) {
      const confirming = { wait: false, waitMs: null, idempotencyKey };
      return started(await this.manual.confirm(workflow, confirmationToken, confirming, caller, id));
    }
    const input = payload ?? {};
    const start = { input, variables, priority, idempotencyKey, wait: false, waitMs: null };
    return started(await this.manual.start(workflow, start, caller, id));
  }

  /** The webhook of a workflow, in the name of a caller of the API. */
  async fireWebhook(
    workflow: string,
    { body, idempotencyKey, waitMs }: WebhookOrder,
    caller: Caller,
  ): Promise<ManualAnswer> {
    const answer = await this.triggers.fireWebhook(workflow, body, idempotencyKey, caller, waitMs !== null);
    const { execution_id: id } = answer;
    if (waitMs === null || id === null) return { status: 202, body: answer };
    if ((await this.ends.wait(id, waitMs)) !== null) return { status: 200, body: await this.views.finished(id) };
    return { status: 202, body: { ...answer, status: (await this.views.status(id)) ?? answer.status } };
  }
}

/** Nobody waits here, so nothing else comes. */
function started({ body }: { body: unknown }): StartAnswer | ConfirmationAnswer {
  return body as StartAnswer | ConfirmationAnswer;
}
