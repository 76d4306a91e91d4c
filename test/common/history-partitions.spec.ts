import { expect, it } from 'vitest';
import { HistoryPartitions } from '../../src/common/database/history-partitions.js';
import { newId } from '../../src/common/ids.js';
import { createTestDatabase } from '../support/test-database.js';

it('the hourly chore deletes every expired key and keeps the others', async () => {
  const { database } = await createTestDatabase();
  const insert = `INSERT INTO occurrence_key (trigger_id, dedup_key, expires_at)
                  SELECT $1, $2 || i, now() + $3::interval FROM generate_series(1, $4::int) i`;
  await database.query(insert, [newId(), 'old', '-1 second', 12_000]);
  await database.query(insert, [newId(), 'new', '1 hour', 3]);
  expect(await new HistoryPartitions(database).keepUp()).toBe(true);
  expect(await database.query('SELECT count(*) AS count FROM occurrence_key')).toEqual([{ count: 3 }]);
});

it('the hourly chore runs on one replica at a time', async () => {
  const { database } = await createTestDatabase();
  const chore = new HistoryPartitions(database);
  const results = await database.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [0x6d7202]);
    return await chore.keepUp();
  });
  expect(results).toBe(false);
  expect(await chore.keepUp()).toBe(true);
});
