import { AppError, type Fault } from '../common/errors/app-error.js';

export class ExecutionNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'execution_not_found', status: 404, message: `There is no execution ${id}.` });
  }
}

export class StepExecutionNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'step_execution_not_found', status: 404, message: `There is no step execution ${id}.` });
  }
}

/** The state of an execution does not allow what was asked. */
export class ExecutionStateError extends AppError {
  constructor(id: string, status: string, wanted: string) {
    super({ code: 'execution_state', status: 409, message: `Execution ${id} is ${status}: it cannot be ${wanted}.` });
  }
}

/** A retry names a step that the plan does not have, or that this execution cannot come to. */
export class FromStepInvalidError extends AppError {
  constructor(code: 'unknown_step' | 'step_not_reached', message: string, hint?: string) {
    const fault = { path: 'from_step', code, message, ...(hint !== undefined && { hint }) };
    super({ code: 'from_step_invalid', status: 422, message, errors: [fault] });
  }
}

/** A pass of a distributed loop whose parent was deleted has nothing to stand in. */
export class ParentGoneError extends AppError {
  constructor() {
    const message = 'The execution that this pass belongs to is no longer there.';
    super({ code: 'parent_gone', status: 409, message });
  }
}

/** A pass of a distributed loop runs what its parent runs, with what its parent gives it. */
export class PassRetryError extends AppError {
  constructor(parentId: string | null) {
    const message = `A pass of a loop has no version and no input of its own. Retry its parent ${parentId ?? ''} instead.`;
    super({ code: 'execution_state', status: 409, message });
  }
}

/** A bulk call that names nothing would mean every execution there is. */
export class FilterRequiredError extends AppError {
  constructor() {
    const message = 'Name the executions: by `ids`, or by at least one field of the filter.';
    const errors = [{ path: '', code: 'filter_required', message, hint: '{"workflow_id": "…", "status": "failed"}' }];
    super({ code: 'filter_required', status: 422, message, errors });
  }
}

/** The workflow's `concurrency` has no place left, and its rule is to skip. */
export class ConcurrencyLimitError extends AppError {
  constructor() {
    const message = "As many executions as the workflow's concurrency allows are open: this one was not started.";
    super({ code: 'concurrency_limit', status: 409, message });
  }
}

/** The input does not satisfy the definition's `input_schema`. */
export class InputInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({
      code: 'input_invalid',
      status: 422,
      message: "The input does not satisfy the workflow's input_schema.",
      errors,
    });
  }
}

/** `Last-Event-ID` is not an id of an event of this route. */
export class LastEventIdError extends AppError {
  constructor() {
    const message = 'Last-Event-ID was not sent by this route. Leave it out to start from the beginning.';
    const errors = [{ path: 'Last-Event-ID', code: 'last_event_id_invalid', message }];
    super({ code: 'last_event_id_invalid', status: 422, message, errors });
  }
}

/** This process drains, or holds as many event streams as it may. */
export class StreamsExhaustedError extends AppError {
  constructor() {
    super({
      code: 'streams_exhausted',
      status: 503,
      retryable: true,
      message: 'This replica takes no further event streams at the moment.',
      headers: { 'Retry-After': '5' },
    });
  }
}

/** A stream that goes on elsewhere, from the last position on. */
export class StreamInterruptedError extends AppError {
  constructor(reason: string) {
    const message = `This replica ends the stream (${reason}). Watch again, from the last position received.`;
    super({ code: 'stream_interrupted', status: 503, retryable: true, message, headers: { 'Retry-After': '1' } });
  }
}

export class TooManyRequestsError extends AppError {
  constructor(retryAfterSeconds: number) {
    super({
      code: 'rate_limited',
      status: 429,
      retryable: true,
      message: `Too many requests. Try again in ${retryAfterSeconds} s.`,
      headers: { 'Retry-After': String(retryAfterSeconds) },
    });
  }
}

/** What started the execution comes from outside of the repository: nothing secret is given to it. */
export class SecretsWithheldError extends AppError {
  constructor(what: 'secrets' | 'connections') {
    const message = `${what} are withheld: what started this execution comes from a fork`;
    super({ code: 'secrets_withheld', status: 422, message });
  }
}
