import { AppError, type Fault } from '../../common/errors/app-error.js';

export class EventInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    const message = 'This is no CloudEvents 1.0 event, or no batch of them. Nothing was taken.';
    super({ code: 'event_invalid', status: 422, message, errors });
  }
}

/** Altered, cut short, or made by another server. */
export class CallbackInvalidError extends AppError {
  constructor() {
    super({ code: 'callback_invalid', status: 403, message: 'This address is not valid.' });
  }
}

/** Somebody called before, or the step waits no longer. */
export class CallbackUsedError extends AppError {
  constructor() {
    super({ code: 'callback_used', status: 409, message: 'The step does not wait for this call any more.' });
  }
}
