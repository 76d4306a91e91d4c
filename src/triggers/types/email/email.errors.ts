import { AppError } from '../../../common/errors/app-error.js';

/** What a mail server refused, or why the connection to it is over. */
export class ImapFailure extends AppError {
  /** @param isFatal the connection cannot be used any more. */
  constructor(
    message: string,
    readonly isFatal = false,
    options: { cause?: unknown } = {},
  ) {
    super({ code: 'imap_failed', status: 502, message, ...options });
  }
}
