import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { isConnectionLoss, sqlState } from '../database/pg-errors.js';
import { AppError, type Fault } from './app-error.js';

/** What an error answers with: RFC 9457, and a stable code. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
  /** Our own fault: to be logged with its cause, of which the answer says nothing. */
  readonly unexpected: boolean;
}

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  408: 'request_timeout',
  409: 'conflict',
  410: 'gone',
  412: 'precondition_failed',
  413: 'body_too_large',
  415: 'media_type_unsupported',
  422: 'validation_failed',
  429: 'rate_limited',
  503: 'unavailable',
};

export function problemOf(error: unknown): Problem {
  if (error instanceof AppError) return fromAppError(error);
  if (error instanceof HttpException && error.getStatus() < 500) return fromHttp(error);
  if (isConnectionLoss(error)) return DATABASE_AWAY;
  if (UNSTORABLE_STATES.has(sqlState(error) ?? '')) return TEXT_UNSTORABLE;
  if (error instanceof HttpException && error.getStatus() !== 500) return fromHttp(error);
  return INTERNAL;
}

/** The body of the answer. */
export function problemBody(problem: Problem, instance: string): Record<string, unknown> {
  const { status, code, detail, errors } = problem;
  return {
    type: `urn:millrace:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    instance,
    ...(errors.length === 0 ? {} : { errors }),
  };
}

const INTERNAL: Problem = {
  status: 500,
  code: 'internal',
  detail: 'Something went wrong in the server. Its log says what.',
  errors: [],
  headers: {},
  unexpected: true,
};

/** PostgreSQL keeps no U+0000 in text, nor half a surrogate pair. */
const UNSTORABLE_STATES = new Set(['22021', '22P05']);
const TEXT_UNSTORABLE: Problem = {
  status: 422,
  code: 'text_invalid',
  detail: 'A text in the request holds a character that cannot be stored: U+0000, or half of a surrogate pair.',
  errors: [],
  headers: {},
  unexpected: false,
};

const DATABASE_AWAY: Problem = {
  status: 503,
  code: 'database_unavailable',
  detail: 'The database does not answer at the moment. Try again shortly.',
  errors: [],
  headers: { 'Retry-After': '2' },
  unexpected: false,
};

function fromAppError(error: AppError): Problem {
  const { status, code, message, errors, headers } = error;
  // A 500 by name is still ours, and its message may speak of what is inside.
  if (status === 500) return { ...INTERNAL, code };
  const needsRetry = status === 503 && !('Retry-After' in headers);
  const allHeaders = needsRetry ? { ...headers, 'Retry-After': '2' } : headers;
  return { status, code, detail: message, errors, headers: allHeaders, unexpected: false };
}

function fromHttp(error: HttpException): Problem {
  const status = error.getStatus();
  const code = isBodyFault(error) ? 'body_unreadable' : (CODES[status] ?? 'error');
  const retry: Record<string, string> = status === 503 ? { 'Retry-After': '2' } : {};
  return { status, code, detail: error.message, errors: [], headers: retry, unexpected: false };
}

/** Fastify could not read the body; Nest keeps Fastify's error as the cause. */
function isBodyFault(error: HttpException): boolean {
  const cause = error.cause as { code?: unknown } | undefined;
  if (error.getStatus() !== 400) return false;
  return cause instanceof SyntaxError || (typeof cause?.code === 'string' && cause.code.startsWith('FST_ERR_CTP_'));
}
