import { AppError } from '../errors/app-error.js';
import { parseRetryAfter } from '../http/retry-after.js';
import { LanguageModelError } from './ai.errors.js';

/** What the errors of both SDKs have in common. */
interface ApiFailure {
  readonly status?: number | undefined;
  readonly headers?: { get(name: string): string | null } | undefined;
  readonly code?: unknown;
  readonly message: string;
}

const CODES: Readonly<Record<number, string>> = {
  401: 'llm_unauthorized',
  403: 'llm_unauthorized',
  404: 'llm_model_not_found',
  413: 'llm_request_too_large',
  429: 'llm_rate_limited',
};

/** What kept a provider from answering, as one of our errors. What the address guard refused arrives as a cause. */
export function modelFailure(error: unknown, signal: AbortSignal, now: number): unknown {
  if (signal.aborted) return signal.reason;
  const own = appErrorIn(error);
  if (own !== null) return own;
  const failure = error as ApiFailure;
  const message = error instanceof Error ? error.message : String(error);
  // Neither SDK gives a status to a connection that failed or broke off.
  if (typeof failure.status !== 'number')
    return new LanguageModelError('llm_connection_lost', `The model did not finish its answer: ${message}`, {
      retryable: true,
      cause: error,
    });
  return ofStatus(failure.status, failure, now);
}

function ofStatus(status: number, failure: ApiFailure, now: number): LanguageModelError {
  const cause = failure;
  if (status === 429 && failure.code === 'insufficient_quota')
    return new LanguageModelError('llm_quota_exceeded', failure.message, { cause });
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  const code = CODES[status] ?? (retryable ? 'llm_unavailable' : 'llm_request_invalid');
  const afterMs = retryable ? parseRetryAfter(failure.headers?.get('retry-after') ?? null, now) : null;
  return new LanguageModelError(code, failure.message, { retryable, afterMs, cause });
}

export function streamCut(): LanguageModelError {
  return new LanguageModelError('llm_stream_cut', 'The answer broke off before its end.', { retryable: true });
}

function appErrorIn(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  return error instanceof Error && error.cause !== undefined ? appErrorIn(error.cause) : null;
}
