import { expect, it } from 'vitest';
import { isConnectionLoss } from '../../src/common/database/pg-errors.js';
import { createTestDatabase } from '../support/test-database.js';

it('a transaction of a process that stands still gives back what it locks before its lease is over', async () => {
  const { database } = await createTestDatabase();
  const [setting] = await database.query<{ idle_in_transaction_session_timeout: string }>(
    'SHOW idle_in_transaction_session_timeout',
  );
  expect(setting).toEqual({ idle_in_transaction_session_timeout: '10s' });
});

it('and to that process its connection is lost', async () => {
  const { database } = await createTestDatabase();
  await database.query('CREATE TABLE held AS SELECT 1 AS id');
  const stopped = await database.pool.connect();
  const cut = new Promise((resolve) => stopped.once('error', resolve));
  await stopped.query(`SET idle_in_transaction_session_timeout = '50ms'`);
  await stopped.query('BEGIN');
  await stopped.query('UPDATE held SET id = 2');
  expect(isConnectionLoss(await cut)).toBe(true);
  stopped.release(true);
  expect(await database.query('SELECT id FROM held')).toEqual([{ id: 1 }]);
});
