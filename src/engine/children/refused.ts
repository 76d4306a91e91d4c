import type { AppError } from '../../common/errors/app-error.js';
import type { NodeFailure } from '../../nodes/node.contract.js';
import { ConcurrencyLimitError } from '../engine.errors.js';

/** Why nothing is started. */
export class Refused {
  constructor(readonly error: NodeFailure) {}

  static by(cause: AppError): Refused {
    const { code, message, errors } = cause;
    return new Refused({ code, message, retryable: false, ...(errors.length > 0 && { details: errors }) });
  }

  /** Places become free: another try may find one. */
  static byConcurrency(): Refused {
    const { code, message } = new ConcurrencyLimitError();
    return new Refused({ code, message, retryable: true });
  }
}
