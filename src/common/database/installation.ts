import type { Database } from './database.js';

/**
 * The id of the installation that this database is: made with the schema, the same on all its replicas. What several
 * installations may share (a Redis) carries it in its names.
 */
export async function installationId(database: Database): Promise<string> {
  const [row] = await database.query<{ id: string }>('SELECT id FROM installation');
  if (row === undefined) throw new Error('the table "installation" is empty');
  return row.id;
}
