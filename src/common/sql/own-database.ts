import pg from 'pg';
import type { Admission } from './postgres-client.js';
import { ownDatabase } from './sql.errors.js';

/** Cluster and database, however they are reached. */
const IDENTITY = `
SELECT system_identifier::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity
FROM pg_control_system()`;

/** Refuses connections that lead to the server's own database, whatever host or proxy they name. */
export function refuseOwnDatabase(ownUrl: string | null): Admission {
  let own: Promise<string> | undefined;
  return async (client) => {
    if (ownUrl === null) return;
    own ??= identityAt(ownUrl);
    own.catch(() => (own = undefined));
    const [theirs, ours] = await Promise.all([identityOf(client), own]);
    if (theirs === ours) throw ownDatabase();
  };
}

async function identityAt(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await identityOf(client);
  } finally {
    await client.end();
  }
}

async function identityOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(IDENTITY);
  return rows[0]?.identity ?? '';
}
