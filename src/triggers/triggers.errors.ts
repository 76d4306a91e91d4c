import { AppError, type Fault } from '../common/errors/app-error.js';

export class TriggerNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'trigger_not_found', status: 404, message: `There is no trigger ${id}.` });
  }
}

/** A template in the config of a trigger names a secret that is not there. */
export class SecretMissingError extends AppError {
  constructor(name: string) {
    super({ code: 'secret_missing', status: 422, message: `There is no secret "${name}".` });
  }
}

export class OccurrenceNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'occurrence_not_found', status: 404, message: `There is no occurrence ${id}.` });
  }
}

/** Who was refused starts nothing by a detour. */
export class OccurrenceRejectedError extends AppError {
  constructor(id: string) {
    super({
      code: 'occurrence_rejected',
      status: 409,
      message: `The occurrence ${id} was rejected: what it brought was not kept, and there is nothing to replay.`,
    });
  }
}

export class TriggerInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({ code: 'trigger_invalid', status: 422, message: `The trigger has ${errors.length} fault(s).`, errors });
  }
}

export class TriggerNameTakenError extends AppError {
  constructor(name: string) {
    super({ code: 'trigger_name_taken', status: 409, message: `The workflow has a trigger named "${name}" already.` });
  }
}

/** Two deployments cannot listen at one place. */
export class RouteTakenError extends AppError {
  constructor(method: string, path: string, workflow: { id: string; name: string }) {
    super({
      code: 'route_taken',
      status: 409,
      message: `${method} ${path} belongs to the workflow "${workflow.name}" (${workflow.id}).`,
    });
  }
}

export class NotDeployedError extends AppError {
  constructor(workflowId: string) {
    super({
      code: 'not_deployed',
      status: 409,
      message: `The workflow ${workflowId} is not deployed. Deploy it first.`,
    });
  }
}

export class TriggerPausedError extends AppError {
  constructor(reason: string) {
    super({ code: 'trigger_paused', status: 409, message: `Nothing starts while this is paused: ${reason}.` });
  }
}

/** The type of a trigger has no instants to list or to fire again. */
export class NoInstantsError extends AppError {
  constructor(type: string) {
    super({ code: 'no_instants', status: 409, message: `A ${type} trigger follows no calendar.` });
  }
}

/** A range that ends before it begins, or that has not passed yet: its instants will fire by themselves. */
export class BackfillRangeError extends AppError {
  constructor(path: 'from' | 'to', message: string) {
    const errors = [{ path, code: 'range_invalid', message }];
    super({ code: 'range_invalid', status: 422, message: 'This range cannot be backfilled.', errors });
  }
}

export class ConfirmationError extends AppError {
  constructor(code: 'confirmation_invalid' | 'confirmation_used' | 'confirmation_expired', message: string) {
    super({ code, status: code === 'confirmation_invalid' ? 403 : 409, message });
  }
}

/** A filter, an input mapping or a key could not be evaluated over what came. */
export class OccurrenceFailedError extends AppError {
  constructor(detail: string) {
    super({ code: 'expression_failed', status: 422, message: detail });
  }
}

export interface Refusal {
  status: 400 | 401 | 403 | 405 | 409 | 413 | 415 | 429;
  code: string;
  message: string;
  /** The reason code in the ledger; by default `code`. */
  reason?: string;
  headers?: Readonly<Record<string, string>>;
}

/** A delivery that a trigger does not take. */
export class DeliveryRefusedError extends AppError {
  readonly reason: string;

  constructor(refusal: Refusal) {
    super(refusal);
    this.reason = refusal.reason ?? refusal.code;
  }
}

export class WebhookNotFoundError extends AppError {
  constructor(cause?: unknown) {
    super({ code: 'webhook_not_found', status: 404, message: 'No webhook listens here.', cause });
  }
}

/** The execution that a sender waits for has ended without an output. */
export class WebhookRunError extends AppError {
  constructor(finished: { id: string; status: string; error: { code: string; message: string } | null }) {
    const detail = finished.error === null ? '' : `: ${finished.error.code}`;
    super({
      code: 'execution_failed',
      status: 422,
      message: `The execution ${finished.id} is ${finished.status}${detail}.`,
      headers: { Location: `/api/v1/executions/${finished.id}` },
    });
  }
}
