import type { FurtherPaths } from '../../common/api/openapi.js';
import { problemAnswer } from '../../common/api/problems.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const ERRORS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503];
const STARTED = { $ref: '#/components/schemas/FiredDto' };
const ANY = { schema: {}, example: { name: 'Ada' } };

const GITHUB_ANSWER = {
  type: 'object',
  required: ['delivery_id', 'event', 'results'],
  properties: {
    delivery_id: { type: 'string' },
    event: { type: 'string' },
    results: {
      type: 'array',
      items: {
        type: 'object',
        required: ['trigger_id', 'workflow_id', 'status', 'duplicate'],
        properties: {
          trigger_id: { type: 'string', format: 'uuid' },
          workflow_id: { type: 'string', format: 'uuid' },
          occurrence_id: { type: ['string', 'null'], format: 'uuid' },
          execution_id: { type: ['string', 'null'], format: 'uuid' },
          status: { type: 'string', description: 'The outcome: `fired`, `filtered`, `duplicate`, …' },
          duplicate: { type: 'boolean' },
          reason: {
            type: ['object', 'null'],
            properties: { code: { type: 'string' }, detail: { type: 'string' } },
          },
        },
      },
    },
  },
};
const GITHUB_EXAMPLE = { delivery_id: '72d3162e-cc78-11e3-81ab-4c9367dc0958', event: 'push', results: [] };

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
  '/api/v1/public/webhooks/github': { post: githubOperation() },
};

function githubOperation() {
  const header = (name: string, description: string) => ({
    name,
    in: 'header' as const,
    required: true,
    description,
    schema: { type: 'string' },
  });
  return {
    operationId: 'webhook_github',
    summary: 'Take a delivery of the GitHub App',
    description:
      'Answered after the commit, with what each github trigger made of it. A delivery that comes again is a duplicate.',
    tags: ['Webhooks'],
    security: [],
    parameters: [
      header('X-GitHub-Event', 'The event: `push`.'),
      header('X-GitHub-Delivery', 'The id of the delivery; the same id starts nothing twice.'),
      header('X-Hub-Signature-256', '`sha256=` and the HMAC of the body by `GITHUB_WEBHOOK_SECRET`.'),
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { type: 'object' }, example: { ref: 'refs/heads/main' } } },
    },
    responses: {
      202: {
        description: 'Recorded.',
        content: { 'application/json': { schema: GITHUB_ANSWER, example: GITHUB_EXAMPLE } },
      },
      ...Object.fromEntries([400, 401, 405, 413, 429, 503].map((status) => [status, problemAnswer(status)])),
    },
  };
}

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
