import { AppError } from '../errors/app-error.js';

export class MemoryConflictError extends AppError {
  constructor(key: string, found: number) {
    const state = found === 0 ? 'is not there' : `has revision ${found}`;
    super({ code: 'revision_mismatch', status: 412, message: `The key "${key}" ${state}: it has changed since.` });
  }
}

export class MemoryKeyNotFoundError extends AppError {
  constructor(key: string) {
    super({ code: 'memory_not_found', status: 404, message: `There is no value under "${key}".` });
  }
}

export class MemoryValueError extends AppError {
  constructor(message: string) {
    super({ code: 'memory_value_invalid', status: 422, message });
  }
}

/** A caller who is bound to an owner: memory does not say whose it is. */
export class MemoryNotAllowedError extends AppError {
  constructor() {
    super({
      code: 'memory_not_allowed',
      status: 403,
      message: 'Memory is shared: callers who are bound to an owner reach it by their workflows only.',
    });
  }
}
