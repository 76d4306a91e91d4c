import { ValidationPipe, type ValidationError } from '@nestjs/common';
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
    exceptionFactory: (errors) => new ValidationFailedError(errors.flatMap((error) => faultsOf(error, ''))),
  });
}

function faultsOf(error: ValidationError, parent: string): Fault[] {
  const { property, constraints = {}, children = [] } = error;
  const path = /^\d+$/.test(property) ? `${parent}[${property}]` : parent === '' ? property : `${parent}.${property}`;
  const own = Object.keys(constraints).length === 0 ? [] : [fault(error, path)];
  return [...own, ...children.flatMap((child) => faultsOf(child, path))];
}

function fault({ property, value, constraints = {} }: ValidationError, path: string): Fault {
  if ('whitelistValidation' in constraints) {
    return { path, code: 'unknown_field', message: `There is no field "${property}".` };
  }
  if (value === undefined) return { path, code: 'required', message: `"${property}" is required.` };
  return { path, code: 'invalid_value', message: Object.values(constraints).join('; ') };
}
