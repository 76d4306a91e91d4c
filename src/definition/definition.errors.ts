import { AppError, type Fault } from '../common/errors/app-error.js';

/** A definition with faults: 422 with all of them. */
export class DefinitionInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    const message = errors.length === 1 ? 'The definition has a fault.' : `The definition has ${errors.length} faults.`;
    super({ code: 'definition_invalid', message, status: 422, errors });
  }
}
