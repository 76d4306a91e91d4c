import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryRunner } from 'typeorm';
import { Statistics0000000000040 } from '../../migrations/0040-statistics.js';
import { RollUp } from '../../src/common/statistics/roll-up.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DEFINITION = `
steps:
  - {id: greet, type: set, config: {values: {n: 1}}}
  - id: maybe
    type: condition
    config:
      expression: "input.fails"
      then: [{id: no, type: fail, config: {message: no, code: sorry}}]`;

let app: TestApp;
let rollUp: RollUp;

beforeAll(async () => {
  app = await startApp();
  rollUp = app.app.get(RollUp);
});

async function workflow(name: string): Promise<string> {
  return await app.api.create(`name: ${name}\n${DEFINITION}`);
}

async function run(id: string, fails: boolean): Promise<string> {
  const { body } = await app.api.post(`/workflows/${id}/execute`, { input: { fails }, wait: true });
  return (body as { id: string }).id;
}

const statistics = async (path: string): Promise<any> => (await app.api.get(path)).body;
const rows = async (sql: string): Promise<number> =>
  Number((await app.db.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))[0]?.n);

describe('statistics', () => {
  it('count at once what has ended, and the same once it is added up', async () => {
    const id = await workflow('counted');
    for (const fails of [false, false, false, true]) await run(id, fails);
    const fresh = await statistics(`/workflows/${id}/statistics`);
    expect(fresh.totals).toMatchObject({ executions: 4, open: 0, completed: 3, failed: 1, success_rate: 0.75 });
    expect(fresh.errors).toEqual([{ code: 'sorry', count: 1 }]);
    expect(fresh.steps).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'set', step_id: 'greet', count: 4, failed: 0 }),
        expect.objectContaining({ type: 'fail', step_id: 'no', count: 1, failed: 1 }),
      ]),
    );
    expect(fresh.totals.p99_ms).toBeGreaterThanOrEqual(fresh.totals.p50_ms);
    expect(fresh.totals.queue_wait_p50_ms).toBeGreaterThanOrEqual(0);
    expect(fresh.buckets).toHaveLength(1);
    await rollUp.keepUp();
    expect(await rows('statistics_note')).toBe(0);
    expect(await statistics(`/workflows/${id}/statistics`)).toEqual(fresh);
    await rollUp.keepUp();
    expect(await statistics(`/workflows/${id}/statistics`)).toEqual(fresh);
  });

  it('of all workflows are their sum, by whatever bucket', async () => {
    await rollUp.keepUp();
    const before = (await statistics('/statistics')).totals.executions as number;
    const [a, b] = [await workflow('first'), await workflow('second')];
    await run(a, false);
    await rollUp.keepUp();
    await run(b, true);
    for (const bucket of ['minute', 'hour', 'day']) {
      const { totals, buckets } = await statistics(`/statistics?bucket=${bucket}`);
      expect(totals.executions).toBe(before + 2);
      const sum = (buckets as { executions: number }[]).reduce((all, each) => all + each.executions, 0);
      expect(sum).toBe(before + 2);
    }
    const { steps } = await statistics('/statistics');
    expect((steps as { type: string; step_id?: string }[]).every(({ step_id }) => step_id === undefined)).toBe(true);
  });

  it('count what is still open, and by workflow', async () => {
    const id = await app.api.create('name: sleeper\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const { body } = await app.api.post(`/workflows/${id}/execute`, {});
    const execution = (body as { id: string }).id;
    await eventually(async () =>
      expect((await app.api.get(`/executions/${execution}`)).body).toMatchObject({ status: 'waiting' }),
    );
    expect((await statistics(`/workflows/${id}/statistics`)).totals).toMatchObject({
      executions: 1,
      open: 1,
      completed: 0,
    });
    await app.api.post(`/executions/${execution}/cancel`);
    expect((await statistics(`/workflows/${id}/statistics`)).totals).toMatchObject({
      executions: 1,
      open: 0,
      cancelled: 1,
      success_rate: null,
    });
  });

  it.each([true, false])(
    'count a retried execution once, as what it ended as at last (added up before: %s)',
    async (addedUp) => {
      const id = await workflow(`again-${addedUp}`);
      const execution = await run(id, true);
      if (addedUp) await rollUp.keepUp();
      await app.api.post(`/executions/${execution}/retry`);
      await eventually(async () =>
        expect((await app.api.get(`/executions/${execution}`)).body).toMatchObject({ status: 'failed', attempt: 2 }),
      );
      await rollUp.keepUp();
      const { totals, errors } = await statistics(`/workflows/${id}/statistics`);
      expect(totals).toMatchObject({
        executions: 1,
        failed: 1,
        retried_executions: 1,
        retried_executions_completed: 0,
      });
      expect(errors).toEqual([{ code: 'sorry', count: 1 }]);
    },
  );

  it('tell how many steps completed after a retry', async () => {
    const id = await app.api.create(`name: stubborn
steps:
  - {id: never, type: http, config: {url: "http://127.0.0.1:1/"}, on_error: continue,
     retry_policy: {max_attempts: 2, initial_delay: 1ms, jitter: 0}}`);
    await run(id, false);
    const { totals, steps } = await statistics(`/workflows/${id}/statistics`);
    expect(totals).toMatchObject({ completed: 1, failed_steps: 1, retried_steps: 1, retry_success_rate: 0 });
    expect(steps).toMatchObject([{ type: 'http', step_id: 'never', count: 1, failed: 1, retried: 1 }]);
  });

  it('tell of the steps inside passes of a distributed loop, whose executions are part of one', async () => {
    const id = await app.api.create(`name: shared out
steps:
  - id: each
    type: loop
    config:
      items: [0, 1, 2]
      distribute: true
      on_item_error: continue
      steps:
        - {id: note, type: set, config: {values: {n: "{{ item }}"}}}
        - {id: odd, type: fail, when: "item == 1", config: {message: odd, code: odd}}`);
    await run(id, false);
    const path = `/workflows/${id}/statistics`;
    const fresh = await statistics(path);
    expect(fresh.totals).toMatchObject({ executions: 1, completed: 1, failed: 0, failed_steps: 1 });
    expect(fresh.errors).toEqual([]);
    expect(fresh.steps).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'loop', step_id: 'each', count: 1 }),
        expect.objectContaining({ type: 'set', step_id: 'note', count: 3, failed: 0 }),
        expect.objectContaining({ type: 'fail', step_id: 'odd', count: 1, failed: 1 }),
      ]),
    );
    await rollUp.keepUp();
    expect(await statistics(path)).toEqual(fresh);
  });

  it('keep what is deleted, and what retention has dropped', async () => {
    const id = await workflow('gone');
    const [deleted] = [await run(id, false), await run(id, true)];
    expect((await app.api.call('DELETE', `/executions/${deleted}`)).status).toBe(204);
    await rollUp.keepUp();
    await app.db.database.query('DELETE FROM execution WHERE workflow_id = $1', [id]);
    expect((await statistics(`/workflows/${id}/statistics`)).totals).toMatchObject({
      executions: 2,
      completed: 1,
      failed: 1,
    });
  });

  it('count once, whatever breaks while they are added up, and however many replicas try', async () => {
    const id = await workflow('broken');
    await run(id, false);
    const before = await statistics(`/workflows/${id}/statistics`);
    await app.db.database.query('ALTER TABLE statistics ADD CONSTRAINT full_disk CHECK (false) NOT VALID');
    await expect(rollUp.keepUp()).rejects.toThrow();
    expect(await statistics(`/workflows/${id}/statistics`)).toEqual(before);
    await app.db.database.query('ALTER TABLE statistics DROP CONSTRAINT full_disk');
    await Promise.all([rollUp.keepUp(), rollUp.keepUp(), rollUp.keepUp()]);
    await rollUp.keepUp();
    expect(await statistics(`/workflows/${id}/statistics`)).toEqual(before);
  });

  it('of a server that is upgraded begin with what it has', async () => {
    const id = await workflow('upgraded');
    for (const fails of [false, false, true]) await run(id, fails);
    const path = `/workflows/${id}/statistics?bucket=hour`;
    const { totals, errors } = await statistics(path);
    const migration = new Statistics0000000000040();
    const runner = { query: (sql: string) => app.db.database.query(sql) } as unknown as QueryRunner;
    await migration.down(runner);
    await migration.up(runner);
    for (const when of ['only noted', 'added up']) {
      const after = await statistics(path);
      const { failed_steps, ...same } = totals;
      expect(after.totals, when).toMatchObject(same);
      expect(after.errors, when).toEqual(errors);
      expect(failed_steps).toBeGreaterThan(0);
      await rollUp.keepUp();
    }
  });

  it('refuse a range that is not one, and buckets that are not kept', async () => {
    for (const query of [
      'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      'from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z&bucket=minute',
      'from=2020-01-01T00:00:00Z&bucket=hour',
    ]) {
      expect(await app.api.get(`/statistics?${query}`)).toMatchObject({ status: 422, body: { code: 'range_invalid' } });
    }
  });
});
