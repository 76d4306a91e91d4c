import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { ManualStarts, type ConfirmationAnswer, type ManualOrder } from './manual/manual.service.js';
import type { StartAnswer } from './start-answer.js';
import { TriggerService } from './trigger.service.js';

export interface FiringOrder extends Pick<ManualOrder, 'variables' | 'priority' | 'idempotencyKey'> {
  /** undefined: none was given. */
  readonly payload: unknown;
  /** Of a manual trigger that asks for it. */
  readonly confirmationToken: string | null;
}

/** Fires any trigger by hand; a manual one with its confirmation. */
@Injectable()
export class TriggerFiring {
  constructor(
    private readonly triggers: TriggerService,
    private readonly manual: ManualStarts,
  ) {}

  async fire(id: string, order: FiringOrder, caller: Caller): Promise<StartAnswer | ConfirmationAnswer> {
    const { type, workflow_id: workflow, is_armed: isArmed } = await this.triggers.get(id, caller);
    const { payload, variables, priority, idempotencyKey, confirmationToken } = order;
    // One that is not in force says so itself.
    if (type !== 'manual' || !isArmed) return this.triggers.fire(id, payload ?? null, idempotencyKey, caller);
    if (confirmationToken !== null) {
      const confirming = { wait: false, waitTimeout: null, idempotencyKey };
      return started(await this.manual.confirm(workflow, confirmationToken, confirming, caller, id));
    }
    const input = payload ?? {};
    const start = { input, variables, priority, idempotencyKey, wait: false, waitTimeout: null };
    return started(await this.manual.start(workflow, start, caller, id));
  }
}

/** Nobody waits here, so nothing else comes. */
function started({ body }: { body: unknown }): StartAnswer | ConfirmationAnswer {
  return body as StartAnswer | ConfirmationAnswer;
}
