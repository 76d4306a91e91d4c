import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/test-database.js';

it('a transaction that may be run again outlives a deadlock', async () => {
  const { database } = await createTestDatabase();
  await database.query('CREATE TABLE held AS SELECT id, 0 AS count FROM generate_series(1, 2) AS id');
  let begun = 0;
  let bothBegan = (): void => undefined;
  const both = new Promise<void>((resolve) => (bothBegan = resolve));
  const count = (first: number, second: number): Promise<void> =>
    database.retriedTransaction(async (client) => {
      await client.query('UPDATE held SET count = count + 1 WHERE id = $1', [first]);
      begun += 1;
      if (begun === 2) bothBegan();
      await both;
      await client.query('UPDATE held SET count = count + 1 WHERE id = $1', [second]);
    });
  await Promise.all([count(1, 2), count(2, 1)]);
  // One of the two was run again, and what it had done before was undone.
  expect(begun).toBe(3);
  expect(await database.query('SELECT id, count FROM held ORDER BY id')).toEqual([
    { id: 1, count: 2 },
    { id: 2, count: 2 },
  ]);
});

it('nothing else is run again', async () => {
  const { database } = await createTestDatabase();
  let runs = 0;
  const failing = database.retriedTransaction(async (client) => {
    runs += 1;
    await client.query('SELECT 1 / 0');
  });
  await expect(failing).rejects.toThrow('division by zero');
  expect(runs).toBe(1);
});
