import { AppError, type Fault } from '../common/errors/app-error.js';
import type { NodeFailure } from './node.contract.js';

export interface NodeErrorOptions {
  retryable?: boolean;
  details?: unknown;
  errors?: readonly Fault[];
  cause?: unknown;
}

/** A failed attempt, thrown by a node type: it says its code and whether trying again may help (default: no). */
export class NodeError extends AppError implements NodeFailure {
  readonly details: unknown;

  constructor(code: string, message: string, options: NodeErrorOptions = {}) {
    super({ code, message, status: 422, ...options });
    this.details = options.details;
  }
}

/** The resolved config does not satisfy the type's rules: another try would meet the same. */
export class ConfigInvalidError extends NodeError {
  constructor(type: string, faults: readonly Fault[]) {
    const list = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    super('config_invalid', `The config of "${type}" is not valid: ${list}`, {
      errors: faults,
      details: { errors: faults },
    });
  }
}

/** The attempt was told to stop; `code` is `timeout` when its time was over, else `aborted`. */
export class AttemptAbortedError extends NodeError {
  constructor(signal: AbortSignal) {
    const isTimeout = signal.reason === 'timeout';
    super(isTimeout ? 'timeout' : 'aborted', isTimeout ? 'The step took too long' : 'The step was told to stop', {
      retryable: true,
    });
  }
}

export class NodeTypeNotFoundError extends AppError {
  constructor(type: string, hint?: string) {
    super({
      code: 'node_type_not_found',
      status: 404,
      message: `There is no node type "${type}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`,
    });
  }
}

/** A fault in the list of node types: the server must not start with it. */
export class NodeTypesInvalidError extends AppError {
  constructor(faults: readonly string[]) {
    super({ code: 'node_types_invalid', message: `The node types are not usable: ${faults.join('; ')}` });
  }
}
