import { AppError } from '../../../common/errors/app-error.js';

export class GitHubApiError extends AppError {
  /** @param answered the status that GitHub answered with; null: none. */
  constructor(
    message: string,
    readonly answered: number | null,
    cause?: unknown,
  ) {
    super({ code: 'github_failed', status: 502, retryable: true, message, cause });
  }
}
