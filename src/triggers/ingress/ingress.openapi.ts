import type { FurtherPaths } from '../../common/api/openapi.js';
import { problemAnswer } from '../../common/api/problems.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const ERRORS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503];
const STARTED = { $ref: '#/components/schemas/FiredDto' };
const ANY = { schema: {}, example: { name: 'Ada' } };

/** The public webhooks stand straight on Fastify; this is what OpenAPI says of them. */
export const INGRESS_PATHS: FurtherPaths = {
  '/api/v1/public/webhook/workflow/{workflow}': pathItem('workflow', {
    name: 'workflow',
    description: 'Id or slug of the workflow.',
  }),
  '/webhook/{path}': pathItem('path', {
    name: 'path',
    description: 'The path of the trigger; it may hold several parts.',
  }),
};

function pathItem(by: string, parameter: { name: string; description: string }): FurtherPaths[string] {
  const parameters = [
    { ...parameter, in: 'path', required: true, schema: { type: 'string' } },
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string' },
      description: 'The same key starts nothing twice.',
    },
  ];
  return Object.fromEntries(METHODS.map((method) => [method, { ...operation(method, by), parameters }]));
}

function operation(method: (typeof METHODS)[number], by: string) {
  const hasBody = method !== 'get' && method !== 'delete';
  return {
    operationId: `webhook_${method}_by_${by}`,
    summary: `Call a webhook by ${method.toUpperCase()}`,
    description:
      'The trigger says which methods it takes, how callers prove who they are, and how it answers: at once, with the output, ' +
      'or with what a `respond` step gives; then the status is what that step says.',
    tags: ['Webhooks'],
    security: [],
    ...(hasBody && {
      requestBody: { required: false, content: { 'application/json': ANY, 'text/plain': { schema: {} } } },
    }),
    responses: {
      200: { description: 'With `response: wait`: the output.', content: { 'application/json': ANY } },
      202: { description: 'Accepted.', content: { 'application/json': { schema: STARTED } } },
      ...Object.fromEntries(ERRORS.map((status) => [status, problemAnswer(status)])),
    },
  };
}
