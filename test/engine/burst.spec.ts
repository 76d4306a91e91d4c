import { expect, it, vi } from 'vitest';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { startApp } from '../support/app.js';
import { DUE_COPIES } from '../support/due-copies.js';
import { eventually } from '../support/eventually.js';

const DUE = 200;

it('schedules that are due in one second wait for no queue job each', async () => {
  const { app, api, db } = await startApp();
  const id = await api.create(
    'name: burst\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]\ntriggers: [{type: cron, name: year, config: {cron: "0 0 1 1 *"}}]',
  );
  const { body } = await api.post(`/deployment/workflows/${id}/deploy`);
  const queue = app.get(ExecutionQueue);
  await eventually(() => expect(queue.isIdle).toBe(true));
  const added = vi.spyOn(queue, 'add');
  await db.database.query(DUE_COPIES, [body.triggers[0].id, DUE]);
  await eventually(async () => {
    const [row] = await db.database.query<{ done: number }>(
      `SELECT count(*)::int AS done FROM execution WHERE workflow_id = $1 AND status = 'completed'`,
      [id],
    );
    expect(row?.done).toBe(DUE);
  });
  // On a machine that stands still for a while, some may go by the queue.
  const queued = added.mock.calls.reduce((sum, [jobs]) => sum + jobs.length, 0);
  expect(queued).toBeLessThan(DUE);
});
