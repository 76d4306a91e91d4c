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

/** Documents the error answers of a route: those named, and those that any route may give. */
export function ApiProblems(...statuses: number[]): MethodDecorator & ClassDecorator {
  const schema = { $ref: getSchemaPath(ProblemDto) };
  const answers = [...new Set([...statuses, ...ALWAYS])].map((status) =>
    ApiResponse({
      status,
      description: MEANING[status] ?? 'An error.',
      content: { 'application/problem+json': { schema } },
    }),
  );
  return applyDecorators(ApiExtraModels(ProblemDto), ...answers);
}
