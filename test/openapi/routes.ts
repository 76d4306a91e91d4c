/**
 * The routes that Millrace promises, below /api/v1 unless they start with a `!`. A parameter is `{}` whatever its name. Routes may
 * be added here, never removed: clients rest on them.
 */
export const ROUTES = `
POST /workflows
GET /workflows ?owner_id status tags q is_template limit cursor
GET PUT PATCH DELETE /workflows/{}
POST /workflows/validate
POST /workflows/generate
POST /workflows/{}/activate
POST /workflows/{}/pause
POST /workflows/{}/resume
POST /workflows/{}/archive
GET /workflows/{}/status
GET /workflows/{}/statistics ?from to bucket
GET /workflows/{}/versions ?limit cursor
GET /workflows/{}/versions/{}
GET /workflows/{}/versions/{}/diff/{}
POST /workflows/{}/versions/{}/restore
GET /workflows/{}/graph ?format
GET /executions/{}/graph ?format
GET POST /workflows/{}/tasks
GET PUT DELETE /workflows/{}/tasks/{}
POST /workflows/{}/execute ?wait wait_timeout
POST /workflows/{}/run ?wait wait_timeout
GET /workflows/{}/executions ?status trigger_id trigger_type from to q limit cursor
GET /workflows/{}/runs ?status trigger_id trigger_type from to q limit cursor
POST /workflows/{}/test ?wait wait_timeout
GET /executions ?workflow_id status trigger_id trigger_type from to q limit cursor
GET DELETE /executions/{}
POST /executions/{}/pause
POST /executions/{}/resume
POST /executions/{}/cancel
POST /executions/{}/retry
POST /executions/bulk/cancel
POST /executions/bulk/retry
GET /executions/{}/logs ?step_id level follow
GET /executions/{}/events
GET /executions/{}/timeline
GET /executions/{}/files
GET /executions/{}/files/{}
GET /executions/{}/output
GET /executions/{}/bundle
GET /executions/{}/steps
GET /step-executions/{}
GET /step-executions/{}/output
POST /step-executions/{}/retry
POST PUT /deployment/workflows/{}/deploy
DELETE /deployment/workflows/{}/undeploy
GET /deployment/workflows/{}/status
GET /deployment/workflows/{}/history ?limit cursor
GET /deployment/workflows ?limit cursor
GET POST /workflows/{}/triggers
GET PUT DELETE /triggers/{}
POST /triggers/{}/pause
POST /triggers/{}/resume
POST /triggers/{}/test
POST /triggers/{}/backfill
GET /triggers/{}/preview ?count
GET /triggers/{}/occurrences ?outcome from to limit cursor
GET /triggers/{}/health
POST /occurrences/{}/replay
POST /triggers/workflows/{}/manual ?wait wait_timeout
POST /triggers/workflows/{}/manual/confirm ?wait wait_timeout
POST /triggers/workflows/{}/webhook ?wait wait_timeout
GET /triggers/workflows/{}/status
GET /triggers/health
GET POST PUT PATCH DELETE /public/webhook/workflow/{}
GET POST PUT PATCH DELETE !/webhook/{}
GET /public/webhooks/status
GET POST /public/approvals/{}
POST /public/callbacks/{}
POST /public/webhooks/github
POST /events
GET /events ?type limit cursor
GET /approvals ?status assignee limit cursor
GET /approvals/{}
POST /approvals/{}/decide
GET /node-types
GET /node-types/{}
GET /trigger-types
GET POST /node-templates
GET PUT DELETE /node-templates/{}
GET /node-templates/{}/versions
POST /workflows/{}/instantiate
GET POST /secrets
GET PUT DELETE /secrets/{}
GET POST /connections
GET PUT DELETE /connections/{}
POST /connections/{}/test
GET PUT DELETE /memory/{}/{}
GET POST /api-keys
GET PUT PATCH DELETE /api-keys/{}
GET /me
GET /audit-log ?actor action resource from to limit cursor
GET /scheduler/status
GET /statistics ?from to bucket
GET !/health
GET !/health/live
GET !/health/ready
GET !/metrics
GET !/queues
`;

/** Each POST that starts something may be sent twice. A backfill needs no key: each of its instants fires once. */
export const STARTING = [
  '/workflows/{}/execute',
  '/workflows/{}/run',
  '/workflows/{}/test',
  '/executions/{}/retry',
  '/step-executions/{}/retry',
  '/triggers/workflows/{}/manual',
  '/triggers/workflows/{}/manual/confirm',
  '/triggers/workflows/{}/webhook',
  '/occurrences/{}/replay',
  '/public/webhook/workflow/{}',
  '/executions/bulk/retry',
  '/events',
];

/** Each write on a workflow may name the revision that it is based on. */
export const CONDITIONAL = [
  'PUT /workflows/{}',
  'PATCH /workflows/{}',
  'DELETE /workflows/{}',
  'POST /workflows/{}/activate',
  'POST /workflows/{}/pause',
  'POST /workflows/{}/resume',
  'POST /workflows/{}/archive',
  'POST /workflows/{}/versions/{}/restore',
  'POST /workflows/{}/tasks',
  'PUT /workflows/{}/tasks/{}',
  'DELETE /workflows/{}/tasks/{}',
  'POST /deployment/workflows/{}/deploy',
  'PUT /deployment/workflows/{}/deploy',
  'DELETE /deployment/workflows/{}/undeploy',
];

export interface PromisedRoute {
  readonly name: string;
  readonly query: readonly string[];
}

export function promisedRoutes(): PromisedRoute[] {
  return ROUTES.trim()
    .split('\n')
    .flatMap((line) => {
      const [route = '', query = ''] = line.split(' ?');
      const words = route.split(' ');
      const path = words.pop() ?? '';
      return words.map((method) => ({ name: `${method} ${path}`, query: query.split(' ').filter(Boolean) }));
    });
}
