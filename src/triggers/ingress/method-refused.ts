import type { ArmedTrigger } from '../trigger.contract.js';
import { DeliveryRefusedError } from '../triggers.errors.js';

/** Somebody listens here, and not for this method. */
export class MethodRefusedError extends DeliveryRefusedError {
  constructor(
    allow: readonly string[],
    /** Whose ledger shows it. */
    readonly triggers: readonly ArmedTrigger[],
  ) {
    const Allow = allow.join(', ');
    super({ status: 405, code: 'method_not_allowed', message: `Use ${Allow}.`, headers: { Allow } });
  }
}
