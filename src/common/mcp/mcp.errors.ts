import { AppError } from '../errors/app-error.js';

/** An MCP server did not do what it was asked. `afterMs`: when it may be asked again. */
export class McpFailure extends AppError {
  readonly afterMs: number | null;

  constructor(
    code: string,
    message: string,
    options: { retryable?: boolean; afterMs?: number | null; cause?: unknown } = {},
  ) {
    const { retryable = false, afterMs = null, cause } = options;
    super({ code, message, status: retryable ? 503 : 422, retryable, cause });
    this.afterMs = afterMs;
  }
}
