import { expect, it } from 'vitest';
import type { Answer, Api } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { oddAnswers, SEED, startTwo } from '../support/many-hands.js';

/** Hands meet only where there are few executions. */
const EXECUTIONS = 6;

const CHILD = 'name: Hand child\nsteps: [{id: nap, type: wait, config: {duration: 200ms}}]';
const PARENT = `name: Many hands
concurrency: {key: "{{ input.key }}", limit: 2, on_limit: queue}
steps:
  - {id: first, type: set, config: {values: {n: 1}}}
  - {id: nap, type: wait, config: {duration: 100ms}, depends_on: [first]}
  - {id: child, type: subworkflow, config: {workflow: hand-child}, depends_on: [first], on_error: continue}
  - {id: ask, type: approval, config: {title: "?", timeout: 1h}, depends_on: [nap]}
  - {id: heard, type: wait_for_event, config: {event: many.hands, timeout: 1h}, depends_on: [nap], on_error: continue}
  - id: passes
    type: loop
    depends_on: [ask]
    config: {items: [1, 2, 3], max_concurrency: 2, steps: [{id: pass, type: wait, config: {duration: 20ms}}]}
  - {id: bad, type: fail, when: input.fails, config: {message: no}, depends_on: [passes]}
`;

/** What may come to one execution at the same time. `which` picks a variant. */
const OPERATIONS: Record<string, (api: Api, id: string, which: number) => Promise<Answer>> = {
  cancel: (api, id) => api.post(`/executions/${id}/cancel`),
  pause: (api, id) => api.post(`/executions/${id}/pause`),
  resume: (api, id) => api.post(`/executions/${id}/resume`),
  retry: (api, id) => api.post(`/executions/${id}/retry`),
  'retry from a step': (api, id, which) =>
    api.post(`/executions/${id}/retry`, { from_step: ['first', 'child', 'ask', 'passes'][which % 4] }),
  'retry as a new one': (api, id) => api.post(`/executions/${id}/retry`, { input: { key: 'b', fails: false } }),
  'cancel some': (api, id) => api.post('/executions/bulk/cancel', { ids: [id] }),
  'retry some': (api, id) => api.post('/executions/bulk/retry', { ids: [id] }),
  decide: async (api, id, which) => {
    const { body } = await api.get(`/approvals?execution_id=${id}`);
    const [approval] = (body.items ?? []) as { id: string }[];
    if (approval === undefined) return api.get(`/executions/${id}`);
    return api.post(`/approvals/${approval.id}/decide`, { decision: which % 3 === 0 ? 'reject' : 'approve' });
  },
  event: (api, _id, which) =>
    api.post('/events', { specversion: '1.0', id: String(which), source: '/test', type: 'many.hands' }),
  look: (api, id) => api.get(`/executions/${id}`),
  list: (api) => api.get('/executions?limit=5'),
  remove: (api, id) => api.call('DELETE', `/executions/${id}`),
};
const GONE = ['execution_not_found', 'approval_not_found'];

it(
  'many hands at a few executions, on two replicas, get the answers that they would get one by one',
  { timeout: 300_000 },
  async () => {
    const both = await startTwo();
    const [one] = both;
    const child = await one.api.create(CHILD);
    const workflow = await one.api.create(PARENT);
    const start = (which: number): Promise<string> =>
      one.api.start(workflow, { input: { key: which % 2 === 0 ? 'a' : 'b', fails: which % 3 === 0 } });
    const pool = await Promise.all(Array.from({ length: EXECUTIONS }, (_, n) => start(n)));
    const odd = await oddAnswers(both, {
      count: 1_200,
      operations: OPERATIONS,
      gone: GONE,
      target: (which) => pool[which % EXECUTIONS] as string,
      onAnswer: async ({ name, which, answer: { status, body } }) => {
        if (name === 'remove' && status === 204) pool[which % EXECUTIONS] = await start(which);
        const failed = (body?.failed ?? []) as { code: string }[];
        return failed.filter(({ code }) => code === 'internal').map(({ code }) => `${name}: ${code}`);
      },
    });
    expect(odd, `FUZZ_SEED=${SEED}`).toEqual([]);
    // Whatever was done to them, all end when they are told to, and nothing waits for them any more.
    await eventually(async () => {
      expect((await one.api.post('/executions/bulk/cancel', { workflow_id: workflow })).status).toBe(200);
      for (const left of [
        'SELECT id, status, owner, pause_requested, cancel_requested FROM execution WHERE is_open',
        "SELECT kind, subject_id FROM timer WHERE kind = 'execution.wake'",
        "SELECT id, status FROM approval WHERE status = 'pending'",
      ])
        expect(await one.db.database.query(left), `FUZZ_SEED=${SEED}`).toEqual([]);
    });
    // Nobody has removed a child: each counts once, as what it has ended as.
    const [kept, counted] = [
      `SELECT count(*) FILTER (WHERE status = 'completed')::int AS completed,
         count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled FROM execution WHERE workflow_id = $1`,
      `SELECT coalesce(sum(completed), 0)::int AS completed, coalesce(sum(cancelled), 0)::int AS cancelled
       FROM workflow_counter WHERE workflow_id = $1`,
    ].map((sql) => one.db.database.query(sql, [child]));
    expect(await counted, `FUZZ_SEED=${SEED}`).toEqual(await kept);
  },
);
