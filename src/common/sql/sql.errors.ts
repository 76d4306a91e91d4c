import { AppError } from '../errors/app-error.js';

/** What a database said no to. `code` tells kinds apart, whatever the database. */
export class SqlError extends AppError {
  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super({ code, message, status: 422, ...options });
  }
}

export const rowsTooMany = (limit: number): SqlError =>
  new SqlError('rows_too_many', `The result has more than ${limit} rows. Ask for less, or raise max_rows.`);

export const resultTooLarge = (limit: number): SqlError =>
  new SqlError('output_too_large', `The result is larger than ${limit} bytes of JSON.`);

export const statementTimeout = (milliseconds: number): SqlError =>
  new SqlError('timeout', `The statement took longer than ${milliseconds} ms`, { retryable: true });

export const ownDatabase = (): SqlError =>
  new SqlError('own_database', 'This is the database of the server itself. Steps may not reach it.');
