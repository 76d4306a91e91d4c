import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.js';

const MEANING: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  401: 'No valid credentials.',
  403: 'Not allowed for this caller.',
  404: 'There is no such resource, or the caller may not see it.',
  405: 'Not this method; `Allow` lists those that are.',
  409: 'Not possible in the state that the resource is in.',
  412: 'The resource has changed since: `If-Match` does not match.',
  413: 'The body is too large.',
  415: 'Not a content type that this route reads.',
  422: 'The content is not valid; `errors` lists every fault.',
  429: 'Too many requests; `Retry-After` says when to try again.',
  503: 'Not available now; `Retry-After` says when to try again.',
};

const ALWAYS = [401, 403, 429, 503];

/** Of each status one code that routes answer with, for the examples. */
const CODES: Readonly<Record<number, string>> = {
  400: 'body_unreadable',
  401: 'unauthenticated',
  403: 'role_too_low',
  404: 'workflow_not_found',
  405: 'method_not_allowed',
  409: 'workflow_state',
  412: 'revision_mismatch',
  413: 'body_too_large',
  415: 'media_type_unsupported',
  422: 'body_invalid',
  429: 'rate_limited',
  503: 'database_unavailable',
};

/** Documents the error answers of a route: those named, and those that any route may give. */
export function ApiProblems(...statuses: number[]): MethodDecorator & ClassDecorator {
  const answers = [...new Set([...statuses, ...ALWAYS])].map((status) =>
    ApiResponse({ status, ...problemAnswer(status) }),
  );
  return applyDecorators(ApiExtraModels(ProblemDto), ...answers);
}

export function problemAnswer(status: number) {
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } };
  return { description: meaningOf(status), content };
}

export function problemExample(status: number): object {
  const code = CODES[status] ?? 'error';
  const fault = { path: 'name', code: 'field_required', message: 'name is missing' };
  return {
    type: `urn:millrace:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: meaningOf(status),
    ...(status === 422 && { errors: [fault] }),
  };
}

function meaningOf(status: number): string {
  return MEANING[status] ?? 'An error.';
}
