import { AppError } from '../../common/errors/app-error.js';
import type { NodeFailure } from '../../nodes/node.contract.js';

/** Makes a failure of whatever a node type threw: a known error keeps its code, anything else is `internal`. */
export function toFailure(error: unknown): NodeFailure {
  if (error instanceof AppError) {
    const details = error.errors.length > 0 ? error.errors : undefined;
    return { code: error.code, message: error.message, retryable: error.retryable, details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, retryable: true };
}

export const TIMEOUT: NodeFailure = {
  code: 'timeout',
  message: 'The step took longer than its timeout.',
  retryable: true,
};

export const INTERRUPTED: NodeFailure = {
  code: 'interrupted',
  message: 'The process that ran this attempt ended before it recorded a result.',
  retryable: true,
};
