import type { Database } from '../../src/common/database/database.js';

/** Makes the timers of a subject due now, and wakes whoever sleeps until the next one. */
export async function fireTimers(database: Database, subjectId: string): Promise<void> {
  await database.query('UPDATE timer SET due_at = now() WHERE subject_id = $1', [subjectId]);
  await database.query(`SELECT pg_notify('millrace', '{"topic":"timer","payload":0}')`);
}
