import { AppError } from '../common/errors/app-error.js';
import type { AccessRole } from '../common/api/requires.js';

export type CredentialFault = 'credentials_missing' | 'credentials_invalid' | 'credentials_expired';

const MESSAGES: Readonly<Record<CredentialFault, string>> = {
  credentials_missing: 'Send an API key as "Authorization: Bearer <key>" or "X-API-Key: <key>".',
  credentials_invalid: 'The credentials are not valid here.',
  credentials_expired: 'The credentials have expired.',
};

export class UnauthorizedError extends AppError {
  /** @param scheme `Basic`: a browser asks its user. */
  constructor(
    readonly fault: CredentialFault,
    cause?: unknown,
    scheme: 'Bearer' | 'Basic' = 'Bearer',
  ) {
    const code = fault;
    // RFC 6750, section 3: no error code when no credentials were sent.
    const challenge =
      code === 'credentials_missing' ? '' : `, error="invalid_token", error_description="${MESSAGES[code]}"`;
    const bearer = `Bearer realm="millrace"${challenge}`;
    const headers = { 'WWW-Authenticate': scheme === 'Basic' ? 'Basic realm="millrace", charset="UTF-8"' : bearer };
    super({ code, status: 401, message: MESSAGES[code], headers, cause });
  }
}

export class RoleTooLowError extends AppError {
  constructor(role: AccessRole, needed: AccessRole) {
    super({
      code: 'role_too_low',
      status: 403,
      message: `This needs the role ${needed}; these credentials have ${role}.`,
    });
  }
}

export class ScopeMissingError extends AppError {
  constructor(scope: string) {
    super({ code: 'scope_missing', status: 403, message: `These credentials lack the scope "${scope}".` });
  }
}

/** A route that declares no rule is denied to everybody. */
export class NoAccessRuleError extends AppError {
  constructor() {
    super({ code: 'route_closed', status: 403, message: 'Nobody may call this route.' });
  }
}

export class TooManyWritesError extends AppError {
  constructor(retryAfterMs: number) {
    const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
    const headers = { 'Retry-After': String(seconds) };
    super({
      code: 'rate_limited',
      status: 429,
      retryable: true,
      message: `Too many writes. Try again in ${seconds} s.`,
      headers,
    });
  }
}

export class ApiKeyNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'api_key_not_found', status: 404, message: `There is no API key "${id}".` });
  }
}
