import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { Database } from '../../src/common/database/database.js';
import { openPool } from '../../src/common/database/pool.js';
import { prepareDatabase } from '../../src/common/database/prepare.js';
import { postgresOverTcp } from '../support/postgres-over-tcp.js';
import { createTestDatabase } from '../support/test-database.js';

describe('preparing the database at boot', () => {
  it('migrates an empty database once, however many replicas start together', async () => {
    const { url, database } = await createTestDatabase({ empty: true });
    await Promise.all([prepareDatabase(url), prepareDatabase(url), prepareDatabase(url)]);
    const rows = await database.query<{ name: string }>('SELECT name FROM migrations');
    expect(rows.map((row) => row.name)).toEqual(MIGRATIONS.map((migration) => new migration().name));
  });

  it('refuses a schema that is newer than the code, and names what it does not know', async () => {
    const { url, database } = await createTestDatabase();
    await database.query(`INSERT INTO migrations (timestamp, name) VALUES (9, 'Future0000000000009')`);
    await expect(prepareDatabase(url)).rejects.toMatchObject({
      code: 'newer_schema',
      message: expect.stringContaining('Future0000000000009') as string,
    });
  });

  it('names a database that is not there, without its password', async () => {
    const { url } = await createTestDatabase();
    const missing = url.replace(/\/test_[^?]*/, '/nowhere');
    const error = await prepareDatabase(missing).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('nowhere') as string,
    });
    expect((error as Error).message).not.toContain(new URL(url).password);
  });

  it('tries once more after its patience: the first try may have run out of the time that this process took itself', async () => {
    const { url } = await createTestDatabase();
    await expect(prepareDatabase(await postgresOverTcp(url, 1), 0)).resolves.toBeUndefined();
  });

  it('waits for a server that is starting, and gives up after its patience', async () => {
    await expect(prepareDatabase('postgresql://nobody@127.0.0.1:1/none', 300)).rejects.toMatchObject({
      code: 'database_unreachable',
    });
  });
});

describe('values from PostgreSQL', () => {
  it('arrive as json values, Dates and numbers, and as text where a number is too small', async () => {
    const { url } = await createTestDatabase();
    const pool = openPool(url, 1);
    const [row] = await new Database(pool).query(
      `SELECT '{"a": [1]}'::json AS value, '2026-01-02T03:04:05Z'::timestamptz AS at, count(*) AS count,
              9007199254740993::bigint AS big`,
    );
    await pool.end();
    expect(row).toEqual({ value: { a: [1] }, at: new Date('2026-01-02T03:04:05Z'), count: 1, big: '9007199254740993' });
  });
});
