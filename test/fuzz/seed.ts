import type { TestServer } from '../support/server.js';
import type { Known } from './requests.js';

const DEFINITION = {
  name: 'Fuzzed',
  steps: [{ id: 'greet', type: 'set', config: { values: { n: 1 } } }],
  triggers: [
    { type: 'cron', name: 'nightly', config: { cron: '0 2 * * *' } },
    { type: 'webhook', name: 'hook', config: { path: 'fuzzed', methods: ['POST', 'GET'] } },
  ],
};

/** One of each that ids point to. They may be gone later: then requests meet 404, as some should. */
export async function seedResources(server: TestServer): Promise<Known> {
  const post = async (path: string, json: unknown): Promise<Record<string, unknown>> =>
    (await (await server.fetch(`/api/v1${path}`, { json })).json()) as Record<string, unknown>;
  const { id } = await post('/workflows', { definition: DEFINITION, slug: 'fuzzed' });
  const { triggers = [] } = await post(`/deployment/workflows/${String(id)}/deploy`, {});
  const execution = await post(`/workflows/${String(id)}/execute`, { wait: true });
  const steps = execution['step_executions'] as { id: string }[];
  const key = await post('/api-keys', { name: 'spare', role: 'viewer' });
  await post('/secrets', { name: 'SPARE', value: 'a value' });
  const connection = await post('/connections', {
    name: 'spare',
    type: 'database',
    config: { url: 'postgres://127.0.0.1:1/none' },
  });
  return {
    workflows: String(id),
    workflow: 'fuzzed',
    path: 'fuzzed',
    triggers: String((triggers as { id: string }[])[0]?.id),
    executions: String(execution['id']),
    'step-executions': String(steps[0]?.id),
    'api-keys': String(key['id']),
    connections: String(connection['id']),
    name: 'SPARE',
    n: '1',
    m: '1',
    stepId: 'greet',
    type: 'set',
    scope: 'global',
    key: 'spare',
  };
}
