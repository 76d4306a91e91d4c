import { AppError } from '../errors/app-error.js';

interface Options {
  readonly retryable?: boolean;
  readonly afterMs?: number | null;
  readonly cause?: unknown;
}

/** A model did not answer, or not so that it can be used. `afterMs`: when the server asks to be called again. */
export class LanguageModelError extends AppError {
  readonly afterMs: number | null;

  constructor(code: string, message: string, { retryable = false, afterMs = null, cause }: Options = {}) {
    super({ code, message, status: retryable ? 503 : 422, retryable, cause });
    this.afterMs = afterMs;
  }
}
