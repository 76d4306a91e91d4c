import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import { faultsOf } from '../api/check-body.js';
import { AppError, type Fault } from '../errors/app-error.js';
import { boundsFault } from './body-bounds.js';

/** The content of a request is not valid; `errors` lists every fault. */
export class ValidationFailedError extends AppError {
  constructor(errors: readonly Fault[]) {
    const count = errors.length === 1 ? 'One field is' : `${errors.length} fields are`;
    super({ code: 'validation_failed', status: 422, message: `${count} not valid.`, errors });
  }
}

/** Checks bodies and queries by their DTO: unknown fields are refused, plain values become what the DTO says. */
export function validationPipe(): ValidationPipe {
  return new BoundedPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => new ValidationFailedError(faultsOf(errors)),
  });
}

/** Refuses what would cost too much to check, before it is checked. */
class BoundedPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const fault = metadata.type === 'body' ? boundsFault(value) : null;
    if (fault !== null) throw new ValidationFailedError([fault]);
    return (await super.transform(value, metadata)) as unknown;
  }
}
