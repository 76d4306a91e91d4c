import { AppError } from '../errors/app-error.js';

/** GitHub answered with a status that is no success. */
export class GitHubError extends AppError {
  constructor(
    /** The status that GitHub gave. */
    readonly answered: number,
    message: string,
    retryable: boolean,
    /** Milliseconds until GitHub wants to hear again; null: it did not say. */
    readonly retryAfterMs: number | null,
  ) {
    super({ code: `github_${answered}`, status: 422, retryable, message });
  }
}

export class GitHubNotConfiguredError extends AppError {
  constructor(message: string) {
    super({ code: 'github_not_configured', status: 422, message });
  }
}
