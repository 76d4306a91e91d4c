import { expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { holdInserts } from '../support/held-inserts.js';
import { fireTimers } from '../support/pass-time.js';
import { createTestDatabase } from '../support/test-database.js';

it('a cancel does not wait for the wake-up of its execution, which waits for the cancel', async () => {
  const db = await createTestDatabase();
  // PostgreSQL is not to end a deadlock: the two would stand there for good.
  await db.database.query(`ALTER DATABASE ${db.name} SET deadlock_timeout = '10min'`);
  const { api } = await startApp({}, db);
  await api.create('name: Cancelled child\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
  const workflow = await api.create(`name: Cancelled
steps:
  - {id: nap, type: wait, config: {duration: 1h}, depends_on: []}
  - {id: child, type: subworkflow, config: {workflow: cancelled-child}, depends_on: []}`);
  const id = await api.start(workflow);
  await api.reaches(id, 'waiting');
  // The cancel holds the execution, and is about to ask for the end of its children; its timer comes after that.
  const held = await holdInserts(db, 'timer', `NEW.kind = 'children.cancel'`);
  const cancelled = api.post(`/executions/${id}/cancel`);
  const standing = await held.reached();
  await fireTimers(db.database, id);
  await eventually(async () => expect(await standing.isWaitedFor()).toBe(true));
  await held.release();
  expect((await cancelled).status).toBe(200);
  await api.reaches(id, 'cancelled');
  await eventually(async () =>
    expect(await db.database.query('SELECT FROM timer WHERE subject_id = $1', [id])).toEqual([]),
  );
});
