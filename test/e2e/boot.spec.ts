import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/services.js';
import { spawnServer, startServer, temporaryFolder, type ServerOptions } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

/** Nothing given but the port: what a newcomer starts with. */
const BARE = { SECRET_KEY: '', ADMIN_API_KEY: '' };

describe('a start without settings', () => {
  it('makes its own database and a first key, shows the key once, and keeps it for the owner alone', async () => {
    const first = await startServer({ env: BARE });
    const { dataFolder } = first;
    const key = readFileSync(join(dataFolder, 'admin-api-key'), 'utf8').trim();
    await eventually(() => expect(first.logs()).toContain(key));
    for (const name of ['admin-api-key', 'secret-key', 'postgres-password']) {
      expect(statSync(join(dataFolder, name)).mode & 0o777).toBe(0o600);
    }
    const asked = await first.fetch('/api/v1/workflows', { headers: { authorization: `Bearer ${key}` } });
    expect(asked.status).toBe(200);
    expect(await first.stop()).toBe(0);
    expect(existsSync(postmasterFile(dataFolder))).toBe(false);

    const second = await startServer({ dataFolder, env: BARE });
    await eventually(() => expect(second.logs()).toContain('kept in'));
    expect(second.logs()).not.toContain(key);
    expect(await second.stop()).toBe(0);
  });

  it('recovers after kill -9 of the server, and after kill -9 of its database too', async () => {
    const { dataFolder, ...first } = await startServer({ env: BARE });
    await first.kill9();
    const second = await startServer({ dataFolder, env: BARE });
    expect(second.logs()).toContain('(attached)');
    await second.kill9();
    process.kill(Number(readFileSync(postmasterFile(dataFolder), 'utf8').split('\n')[0]), 'SIGKILL');
    const third = await startServer({ dataFolder, env: BARE });
    expect(await third.stop()).toBe(0);
  });

  it('is refused while another server uses the data folder, which goes on undisturbed', async () => {
    const first = await startServer({ env: BARE });
    const logs = await failedStart({ dataFolder: first.dataFolder, env: BARE });
    expect(logs).toContain(`is in use by another Millrace (process ${first.pid})`);
    expect((await first.fetch('/health/ready')).status).toBe(200);
  });
});

describe('a start that cannot succeed ends with exit code 1 and says', () => {
  it('every wrong setting at once', async () => {
    const logs = await failedStart({ env: { PORT: 'x', RETENTION: 'y', ROLES: 'z' } });
    for (const name of ['PORT', 'RETENTION', 'ROLES']) expect(logs).toMatch(new RegExp(`^ {2}${name}: .*must`, 'm'));
  });

  it('that the port is in use, and leaves no database behind', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    const dataFolder = temporaryFolder();
    expect(await failedStart({ port, dataFolder })).toContain('the port is in use');
    other.close();
    expect(existsSync(postmasterFile(dataFolder))).toBe(false);
  });

  it('that the data folder cannot be written', async () => {
    expect(await failedStart({ dataFolder: '/dev/null/data' })).toContain(
      'the data folder /dev/null/data cannot be written',
    );
  });

  it('what is wrong with DATABASE_URL, without its password', async () => {
    const databaseUrl = new URL((await createTestDatabase()).url);
    databaseUrl.password = 'hunter2';
    const logs = await failedStart({ databaseUrl: databaseUrl.href });
    expect(logs).toContain('password authentication failed');
    expect(logs).not.toContain('hunter2');
  });

  it('that the schema is newer', async () => {
    const { url, database } = await createTestDatabase();
    await database.query(`INSERT INTO migrations (timestamp, name) VALUES (9, 'Future0000000000009')`);
    expect(await failedStart({ databaseUrl: url })).toContain('newer schema');
  });
});

it('two replicas start together on one empty database', async () => {
  const { url } = await createTestDatabase({ empty: true });
  const replicas = await Promise.all([startServer({ databaseUrl: url }), startServer({ databaseUrl: url })]);
  expect(await Promise.all(replicas.map((replica) => replica.stop()))).toEqual([0, 0]);
});

it('SIGTERM in the middle of a start ends it in order', async () => {
  const dataFolder = temporaryFolder();
  const server = spawnServer({ dataFolder, env: BARE });
  await eventually(() => statSync(postmasterFile(dataFolder)));
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(existsSync(postmasterFile(dataFolder))).toBe(false);
});

async function failedStart(options: ServerOptions): Promise<string> {
  const server = spawnServer(options);
  expect(await server.exited).toBe(1);
  expect(server.logs()).toContain('Millrace cannot start: ');
  return server.logs();
}

function postmasterFile(dataFolder: string): string {
  return join(dataFolder, 'postgres/data/postmaster.pid');
}
