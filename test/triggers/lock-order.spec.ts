import { beforeAll, expect, it } from 'vitest';
import type { Answer } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let one: TestApp;
beforeAll(async () => {
  one = await startApp();
});

interface Deployed {
  readonly workflow: string;
  readonly trigger: string;
}

let made = 0;
async function deployed(): Promise<Deployed> {
  const yaml = `name: order ${(made += 1)}
steps: [{id: a, type: set, config: {values: {}}}]
triggers: [{type: cron, config: {cron: "0 0 1 1 *"}}]`;
  const workflow = await one.api.create(yaml);
  const { body } = await one.api.post(`/deployment/workflows/${workflow}/deploy`);
  return { workflow, trigger: body.triggers[0].id as string };
}

/** How many sessions wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await one.db.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

it.each<[string, (of: Deployed) => Promise<Answer>]>([
  ['an edit', ({ trigger }) => one.api.call('PUT', `/triggers/${trigger}`, { filter: 'false' })],
  ['a pause', ({ trigger }) => one.api.post(`/triggers/${trigger}/pause`)],
  ['a resumption', ({ trigger }) => one.api.post(`/triggers/${trigger}/resume`)],
  ['a removal', ({ trigger }) => one.api.call('DELETE', `/triggers/${trigger}`)],
  [
    'an addition',
    ({ workflow }) =>
      one.api.post(`/workflows/${workflow}/triggers`, { type: 'cron', name: 'more', config: { cron: '0 0 1 1 *' } }),
  ],
])('%s waits for who changes the workflow, who waits for no trigger of it', async (_name, change) => {
  const both = await deployed();
  const client = await one.db.database.pool.connect();
  try {
    // As a deployment, a pause or an archiving of the workflow: first its row, then those of its triggers.
    await client.query('BEGIN');
    await client.query('SELECT FROM workflow WHERE id = $1 FOR UPDATE', [both.workflow]);
    let isAnswered = false;
    const answer = change(both).finally(() => (isAnswered = true));
    await eventually(async () => expect(isAnswered || (await waiting()) === 1).toBe(true));
    await client.query('SELECT FROM trigger WHERE workflow_id = $1 FOR UPDATE NOWAIT', [both.workflow]);
    expect(isAnswered).toBe(false);
    await client.query('COMMIT');
    expect((await answer).status).toBeLessThan(300);
  } finally {
    client.release(true);
  }
});

it('a trigger that is added while its workflow is undeployed is in force only if the workflow is', async () => {
  const { workflow } = await deployed();
  const client = await one.db.database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT FROM workflow WHERE id = $1 FOR UPDATE', [workflow]);
    const undeployed = one.api.call('DELETE', `/deployment/workflows/${workflow}/undeploy`);
    await eventually(async () => expect(await waiting()).toBe(1));
    const added = one.api.post(`/workflows/${workflow}/triggers`, { type: 'cron', config: { cron: '0 0 1 1 *' } });
    await eventually(async () => expect(await waiting()).toBe(2));
    await client.query('COMMIT');
    expect((await undeployed).status).toBe(200);
    expect((await added).status).toBe(201);
    expect(
      await one.db.database.query('SELECT FROM trigger WHERE armed_at IS NOT NULL AND workflow_id = $1', [workflow]),
    ).toEqual([]);
  } finally {
    client.release(true);
  }
});
