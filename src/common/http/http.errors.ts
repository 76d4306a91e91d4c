import { AppError } from '../errors/app-error.js';

/** The host is, or resolves only to, addresses that outgoing calls must not reach. Another try would meet the same. */
export class AddressNotAllowedError extends AppError {
  constructor(host: string) {
    super({
      code: 'address_not_allowed',
      status: 422,
      message: `Calls to ${host} are not allowed: its address is not public, and HTTP_ALLOW_PRIVATE does not list it`,
    });
  }
}

export class UrlInvalidError extends AppError {
  constructor(message: string) {
    super({ code: 'url_invalid', status: 422, message });
  }
}

/** No answer: the host was not found, refused, or broke off. */
export class NetworkError extends AppError {
  constructor(host: string, cause: unknown) {
    super({
      code: 'network_error',
      status: 502,
      retryable: true,
      message: `${host} did not answer: ${reason(cause)}`,
      cause,
    });
  }
}

export class RequestTimeoutError extends AppError {
  constructor(host: string, milliseconds: number) {
    super({
      code: 'timeout',
      status: 504,
      retryable: true,
      message: `${host} did not answer within ${milliseconds} ms`,
    });
  }
}

export class TooManyRedirectsError extends AppError {
  constructor(limit: number) {
    super({ code: 'too_many_redirects', status: 502, message: `More than ${limit} redirects` });
  }
}

export class ResponseTooLargeError extends AppError {
  constructor(limit: number) {
    super({ code: 'response_too_large', status: 502, message: `The response is larger than ${limit} bytes` });
  }
}

/** undici says "fetch failed" and keeps what happened in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reason(error.cause);
  const code = (error as { code?: unknown }).code;
  return error.message || (typeof code === 'string' ? code : error.name);
}
