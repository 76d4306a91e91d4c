import { ValidationPipe } from '@nestjs/common';
import { faultsOf } from '../api/check-body.js';
import { AppError, type Fault } from '../errors/app-error.js';

/** The content of a request is not valid; `errors` lists every fault. */
export class ValidationFailedError extends AppError {
  constructor(errors: readonly Fault[]) {
    const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
    super({ code: 'validation_failed', status: 422, message: `${count} not valid.`, errors });
  }
}

/** Checks bodies and queries by their DTO: unknown fields are refused, plain values become what the DTO says. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => new ValidationFailedError(faultsOf(errors)),
  });
}
