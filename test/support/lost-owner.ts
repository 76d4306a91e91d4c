import { newId } from '../../src/common/ids.js';
import { Reaper } from '../../src/engine/maintenance/reaper.js';
import type { TestApp } from './app.js';

/** Takes an execution away from its owner, as if that process had died, and puts it back into the queue. */
export async function loseOwner({ app, db }: TestApp, id: string): Promise<void> {
  await db.database.query('UPDATE execution SET owner = $2 WHERE id = $1', [id, newId()]);
  await db.database.query(`INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
    SELECT DISTINCT owner, 'gone', 1, 'x', '{worker}'::text[], now() - interval '1 second' FROM execution
    WHERE status = 'running' AND owner IS NOT NULL ON CONFLICT (id) DO NOTHING`);
  await app.get(Reaper).reap();
}
