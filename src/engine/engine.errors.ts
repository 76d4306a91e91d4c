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
