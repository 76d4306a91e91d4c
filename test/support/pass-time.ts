import type { Database } from '../../src/common/database/database.js';

/** Makes the timers of a subject due now, or the one with this key, and wakes whoever sleeps until the next one. */
export async function fireTimers(database: Database, subjectId: string, key: string | null = null): Promise<void> {
  const due = 'UPDATE timer SET due_at = now() WHERE subject_id = $1 AND ($2::text IS NULL OR key = $2)';
  await database.query(due, [subjectId, key]);
  await database.query(`SELECT pg_notify('millrace', '{"topic":"timer","payload":0}')`);
}
