import { expect, it } from 'vitest';
import type { Answer, Api } from '../support/api.js';
import { oddAnswers, SEED, startTwo } from '../support/many-hands.js';

const yaml = (cron: string): string => `name: Many hands
steps: [{id: a, type: set, config: {values: {}}}]
triggers:
  - {type: cron, name: cron, config: {cron: "${cron}"}}
  - {type: cron, name: interval, config: {interval: 1s}}
  - {type: event, name: event, config: {types: [many.hands], debounce: 1s}}
  - {type: webhook, name: webhook, config: {path: /many-hands}}
`;

interface Ids {
  readonly workflow: string;
  readonly triggers: readonly string[];
}

/** What may come to one workflow at the same time. `which` picks a trigger or a variant. */
const OPERATIONS: Record<string, (api: Api, ids: Ids, which: number) => Promise<Answer>> = {
  deploy: (api, { workflow }) => api.post(`/deployment/workflows/${workflow}/deploy`),
  undeploy: (api, { workflow }) => api.call('DELETE', `/deployment/workflows/${workflow}/undeploy`),
  'pause the workflow': (api, { workflow }) => api.post(`/workflows/${workflow}/pause`),
  'resume the workflow': (api, { workflow }) => api.post(`/workflows/${workflow}/resume`),
  'write a version': (api, { workflow }, which) =>
    api.call('PUT', `/workflows/${workflow}`, yaml(which % 2 === 0 ? '* * * * * *' : '*/2 * * * * *'), {
      'content-type': 'application/yaml',
    }),
  'pause a trigger': (api, { triggers }, which) => api.post(`/triggers/${triggers[which % triggers.length]}/pause`),
  'resume a trigger': (api, { triggers }, which) => api.post(`/triggers/${triggers[which % triggers.length]}/resume`),
  'edit a trigger': (api, { triggers }, which) =>
    api.call('PUT', `/triggers/${triggers[which % triggers.length]}`, { filter: which % 3 === 0 ? 'false' : 'true' }),
  'add a trigger': (api, { workflow }, which) =>
    api.post(`/workflows/${workflow}/triggers`, {
      type: 'cron',
      name: `m${which % 3}`,
      config: { cron: '* * * * * *' },
    }),
  'remove a trigger': async (api, { workflow }, which) => {
    const { body } = await api.get(`/triggers/workflows/${workflow}/status`);
    const added = (body.triggers as { id: string; name: string }[]).find(({ name }) => name === `m${which % 3}`);
    return api.call('DELETE', `/triggers/${added?.id ?? workflow}`);
  },
  event: (api, _ids, which) =>
    api.post('/events', { specversion: '1.0', id: String(which), source: '/test', type: 'many.hands' }),
  run: (api, { workflow }) => api.post(`/workflows/${workflow}/execute`),
};

it(
  'many hands at one workflow, on two replicas, get the answers that they would get one by one',
  { timeout: 300_000 },
  async () => {
    const both = await startTwo();
    const [{ api, db }] = both;
    const workflow = await api.create(yaml('* * * * * *'));
    const { body } = await api.post(`/deployment/workflows/${workflow}/deploy`);
    const ids: Ids = { workflow, triggers: (body.triggers as { id: string }[]).map(({ id }) => id) };
    // The one thing that may not be there is a trigger that another one has removed.
    const hands = { count: 800, operations: OPERATIONS, gone: ['trigger_not_found'], target: () => ids };
    expect(await oddAnswers(both, hands), `FUZZ_SEED=${SEED}`).toEqual([]);
    const wrong = await db.database.query(
      `SELECT t.name, t.armed_at, t.version, t.held, w.deployed_version, w.status FROM trigger t JOIN workflow w ON w.id = t.workflow_id
     WHERE (t.armed_at IS NULL) <> (w.deployed_version IS NULL)
       OR (t.armed_at IS NOT NULL AND (t.version <> w.deployed_version OR (t.held IS NULL) <> (w.status <> 'paused')))`,
    );
    expect(wrong, `FUZZ_SEED=${SEED}`).toEqual([]);
  },
);
