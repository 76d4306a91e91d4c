import { AppError } from '../common/errors/app-error.js';

export class QueueUnavailableError extends AppError {
  constructor(cause: unknown) {
    super({
      code: 'queue_unavailable',
      status: 503,
      retryable: true,
      message: 'The queue does not answer at the moment, so there is nothing to show. Executions are late, not lost.',
      cause,
    });
  }
}
