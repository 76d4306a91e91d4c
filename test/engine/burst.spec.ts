import { expect, it, vi } from 'vitest';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DUE = 200;

/** Copies of a trigger, due with its timer's row. */
const COPIES = /* sql */ `
WITH copies AS (
  INSERT INTO trigger (id, workflow_id, type, name, origin, config, is_enabled, armed_at, version)
  SELECT gen_random_uuid(), workflow_id, type, 'copy ' || n, 'api', config, true, now(), version
  FROM trigger, generate_series(1, $2::int) AS n WHERE id = $1 RETURNING id)
INSERT INTO timer (id, kind, subject_id, key, due_at, payload)
SELECT gen_random_uuid(), 'trigger', copies.id, '', date_trunc('second', now()),
  json_build_object('instant', (extract(epoch FROM date_trunc('second', now())) * 1000)::bigint)
FROM copies`;

it('schedules that are due in one second wait for no queue job each', async () => {
  const { app, api, db } = await startApp();
  const id = await api.create(
    'name: burst\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]\ntriggers: [{type: cron, name: year, config: {cron: "0 0 1 1 *"}}]',
  );
  const { body } = await api.post(`/deployment/workflows/${id}/deploy`);
  const queue = app.get(ExecutionQueue);
  await eventually(() => expect(queue.isIdle).toBe(true));
  const added = vi.spyOn(queue, 'add');
  await db.database.query(COPIES, [body.triggers[0].id, DUE]);
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
