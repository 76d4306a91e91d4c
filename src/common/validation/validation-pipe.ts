import { type ArgumentMetadata, type Type, ValidationPipe } from '@nestjs/common';
import { instanceToPlain, plainToInstance, type ClassTransformOptions } from 'class-transformer';
import { faultsOf } from '../api/check-body.js';
import { AppError, type Fault } from '../errors/app-error.js';
import { boundsFault } from './body-bounds.js';
import { holdFreeValues, releaseFreeValues } from './free-values.js';

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
    transformerPackage: {
      plainToInstance: <T>(type: Type<T>, plain: unknown, options?: ClassTransformOptions): T | T[] =>
        releaseFreeValues(plainToInstance(type, plain, options)),
      classToPlain: instanceToPlain,
    },
    exceptionFactory: (errors) => new ValidationFailedError(faultsOf(errors)),
  });
}

/** Refuses what would cost too much to check, before it is checked, and keeps user data as it came. */
class BoundedPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') return (await super.transform(value, metadata)) as unknown;
    const fault = boundsFault(value);
    if (fault !== null) throw new ValidationFailedError([fault]);
    const { metatype } = metadata;
    if (metatype === undefined || !this.toValidate(metadata))
      return (await super.transform(value, metadata)) as unknown;
    const body = holdFreeValues(metatype as Type<object>, value);
    if (body.faults.length > 0) throw new ValidationFailedError(body.faults);
    return (await super.transform(body.value, metadata)) as unknown;
  }
}
