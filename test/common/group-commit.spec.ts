import type { PoolClient } from 'pg';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { GroupCommitWriter } from '../../src/common/database/group-commit-writer.js';
import type { BatchStatement, FlushReport } from '../../src/common/database/group-commit.js';
import type { Database } from '../../src/common/database/database.js';
import { together } from '../../src/common/database/together.js';
import { createTestDatabase } from '../support/test-database.js';

let database: Database;
let writer: GroupCommitWriter;
let flushes: FlushReport[];

const insert: BatchStatement<number, number> = {
  name: 'insert',
  order: 1,
  patienceMs: 5_000,
  run: async (client, rows) => {
    await client.query('INSERT INTO kept (id) SELECT unnest($1::int[]) ON CONFLICT DO NOTHING', [rows]);
    return rows.map((row) => row * 2);
  },
};

beforeAll(async () => {
  ({ database } = await createTestDatabase());
  await database.query('CREATE TABLE kept (id int PRIMARY KEY CHECK (id <> 13))');
});

beforeEach(async () => {
  await database.query('TRUNCATE kept');
  writer = new GroupCommitWriter(database);
  flushes = [];
  writer.observe((report) => flushes.push(report));
});

const kept = async (): Promise<number[]> =>
  (await database.query<{ id: number }>('SELECT id FROM kept ORDER BY id')).map((row) => row.id);

it('commits what gathers in one turn as one transaction, and gives each caller its own result', async () => {
  const results = await Promise.all([1, 2, 3].map((row) => writer.submit(insert, row)));
  expect(results).toEqual([2, 4, 6]);
  expect(await kept()).toEqual([1, 2, 3]);
  expect(flushes.map((flush) => flush.rows)).toEqual([3]);
});

it('resolves only when another connection can see the row', async () => {
  const other = await database.pool.connect();
  await writer.submit(insert, 7);
  const { rows } = await other.query('SELECT id FROM kept');
  other.release();
  expect(rows).toEqual([{ id: 7 }]);
});

it('takes everything that gathered during a flush into the next one', async () => {
  const entered = Promise.withResolvers<undefined>();
  const release = Promise.withResolvers<undefined>();
  const slow: BatchStatement<number, number> = {
    ...insert,
    name: 'slow',
    run: async (client: PoolClient, rows, afterCommit) => {
      entered.resolve(undefined);
      await release.promise;
      return insert.run(client, rows, afterCommit);
    },
  };
  const first = writer.submit(slow, 1);
  await entered.promise;
  const others = [2, 3, 4].map((row) => writer.submit(insert, row));
  release.resolve(undefined);
  await Promise.all([first, ...others]);
  expect(flushes.map((flush) => flush.rows)).toEqual([1, 3]);
});

it('lets a refused row fail alone', async () => {
  const results = await Promise.allSettled([1, 13, 3].map((row) => writer.submit(insert, row)));
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await kept()).toEqual([1, 3]);
});

it('runs statements in their order, whatever the order of submission', async () => {
  const order: string[] = [];
  const named = (name: string, place: number): BatchStatement<null, null> => ({
    name,
    order: place,
    patienceMs: 5_000,
    run: (_client, rows) => {
      order.push(name);
      return Promise.resolve(rows);
    },
  });
  await Promise.all([writer.submit(named('late', 9), null), writer.submit(named('early', 1), null)]);
  expect(order).toEqual(['early', 'late']);
});

it('tries again when the connection breaks in the middle of a flush', async () => {
  let breaks = 2;
  const breaking: BatchStatement<number, number> = {
    ...insert,
    name: 'breaking',
    run: async (client, rows, afterCommit) => {
      const results = await insert.run(client, rows, afterCommit);
      if (breaks-- > 0) await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
      return results;
    },
  };
  expect(await writer.submit(breaking, 5)).toBe(10);
  expect(await kept()).toEqual([5]);
});

it('tries again when the disk is full, also where statements are on the way that say only that one before them has failed', async () => {
  let runs = 0;
  const full = `DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`;
  const pipelined: BatchStatement<number, number> = {
    ...insert,
    run: async (client, rows, afterCommit) => {
      runs += 1;
      const first = together([client.query(runs === 1 ? full : 'SELECT 1'), client.query('SELECT 2')]);
      const [, , results] = await together([first, client.query('SELECT 3'), insert.run(client, rows, afterCommit)]);
      return results;
    },
  };
  expect(await writer.submit(pipelined, 5)).toBe(10);
  expect([runs, await kept()]).toEqual([2, [5]]);
});

it('answers 503 database_unavailable when the database stays away longer than the row can wait', async () => {
  const away: BatchStatement<number, number> = {
    ...insert,
    name: 'away',
    patienceMs: 100,
    run: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  };
  await expect(writer.submit(away, 1)).rejects.toMatchObject({ code: 'database_unavailable', status: 503 });
});

it('keeps no row for a database that is away, once the process ends', async () => {
  const ending = new GroupCommitWriter(database);
  const away: BatchStatement<number, number> = {
    ...insert,
    name: 'away for good',
    patienceMs: Infinity,
    run: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  };
  const before = ending.submit(away, 1);
  ending.endPatience();
  await expect(before).rejects.toMatchObject({ code: 'database_unavailable' });
  await expect(ending.submit(away, 2)).rejects.toMatchObject({ code: 'database_unavailable' });
});

it('does what was kept for after the commit once, though the flush was tried again', async () => {
  let breaks = 1;
  const seen: number[][] = [];
  const acting: BatchStatement<number, number> = {
    ...insert,
    name: 'acting',
    run: async (client, rows, afterCommit) => {
      const results = await insert.run(client, rows, afterCommit);
      afterCommit(() => void kept().then((values) => seen.push(values)));
      if (breaks-- > 0) await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
      return results;
    },
  };
  await writer.submit(acting, 3);
  await vi.waitFor(() => expect(seen).toEqual([[3]]));
});

/** Reads the answer of its first query before it sends a second one, and says when it is through. */
const inTwo = (name: string, first: string, done: string[], neverWaits = false): BatchStatement<number, number> => ({
  name,
  order: 1,
  patienceMs: 5_000,
  neverWaits: () => neverWaits,
  run: async (client, rows) => {
    try {
      await client.query(first);
      await client.query(`INSERT INTO kept (id) SELECT unnest($1::int[]) ON CONFLICT DO NOTHING`, [rows]);
    } finally {
      done.push(name);
    }
    return rows;
  },
});

it('commits what never waits beside the others, and neither waits for the other', async () => {
  const done: string[] = [];
  const held = await database.pool.connect();
  await held.query('BEGIN');
  await held.query('SELECT pg_advisory_xact_lock(4711)');
  const slow = writer.submit(inTwo('slow', 'SELECT pg_advisory_xact_lock(4711)', done), 1);
  const free = inTwo('free', 'SELECT 1', done, true);
  expect(await Promise.all([writer.submit(free, 2), writer.submit(free, 3)])).toEqual([2, 3]);
  expect(await kept()).toEqual([2, 3]);
  await held.query('COMMIT');
  held.release();
  await slow;
  await writer.idle();
  expect(await kept()).toEqual([1, 2, 3]);
  expect(flushes.map((flush) => flush.rows)).toEqual([2, 1]);
});

it('takes each row for what it is: a statement may have rows that wait and rows that do not', async () => {
  const done: string[] = [];
  const mixed = { ...inTwo('mixed', 'SELECT 1', done), neverWaits: (row: number) => row < 10 };
  await Promise.all([1, 2, 11].map((row) => writer.submit(mixed, row)));
  expect(flushes.map((flush) => flush.rows).toSorted()).toEqual([1, 2]);
});

it.each([
  ['what never waits', true],
  ['what goes in order', false],
])('records nothing of a flush of %s in which one is refused, but the rows that go alone', async (_, neverWaits) => {
  const done: string[] = [];
  const refused = inTwo('refused', 'SELECT 1 / 0', done, neverWaits);
  const other = inTwo('other', 'SELECT 1', done, neverWaits);
  const results = await Promise.allSettled([writer.submit(other, 2), writer.submit(refused, 1)]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
  expect(results[1]).toMatchObject({ reason: { message: 'division by zero' } });
  expect(await kept()).toEqual([2]);
  // Each was through, once in the flush of both and once alone.
  expect(done.toSorted()).toEqual(['other', 'other', 'refused', 'refused']);
});

it('tries a flush again whose connection breaks, while the other lane goes on', async () => {
  let breaks = 1;
  const done: string[] = [];
  const free = inTwo('free', 'SELECT 1', done, true);
  const breaking: BatchStatement<number, number> = {
    ...insert,
    name: 'breaking',
    run: async (client, rows, afterCommit) => {
      if (breaks-- > 0) await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
      return await insert.run(client, rows, afterCommit);
    },
  };
  expect(await Promise.all([writer.submit(free, 4), writer.submit(breaking, 5)])).toEqual([4, 10]);
  expect(await kept()).toEqual([4, 5]);
});
