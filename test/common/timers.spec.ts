import { afterEach, expect, it } from 'vitest';
import { AppConfig } from '../../src/common/config/app-config.js';
import type { Database } from '../../src/common/database/database.js';
import { newId } from '../../src/common/ids.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { PgSignals } from '../../src/common/signals/pg-signals.js';
import { PgTimers } from '../../src/common/timers/pg-timers.js';
import type { DueTimer, TimerHandler } from '../../src/common/timers/timer.contract.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/test-database.js';

interface Replica {
  readonly timers: PgTimers;
  readonly signals: PgSignals;
}

const replicas: Replica[] = [];

async function start(
  url: string,
  database: Database,
  handler: TimerHandler,
  more: (timers: PgTimers) => void = () => undefined,
  schedulerMaxWorkers = 10,
): Promise<Replica> {
  const config = Object.assign(new AppConfig(), { databaseUrl: url, roles: ['scheduler'], schedulerMaxWorkers });
  const signals = new PgSignals(config, database);
  const timers = new PgTimers(config, database, signals, new Metrics());
  timers.handle('test', handler);
  more(timers);
  const replica = { timers, signals };
  replicas.push(replica);
  await signals.onApplicationBootstrap();
  timers.onApplicationBootstrap();
  return replica;
}

afterEach(async () => {
  for (const { timers, signals } of replicas.splice(0)) {
    await timers.beforeApplicationShutdown();
    await signals.onApplicationShutdown();
  }
});

const timer = (dueAt: Date, key = '', payload: unknown = null, subjectId = newId()) => ({
  kind: 'test',
  subjectId,
  key,
  dueAt,
  payload,
});
const soon = (ms: number): Date => new Date(Date.now() + ms);

it('fires a due timer once with its payload, on one of two replicas', async () => {
  const { url, database } = await createTestDatabase();
  const fired: DueTimer[] = [];
  const handler: TimerHandler = (_client, due) => Promise.resolve(void fired.push(...due));
  const { timers } = await start(url, database, handler);
  await start(url, database, handler);
  const set = Array.from({ length: 50 }, (_, index) => timer(soon(index * 5), '', { index }));
  await database.transaction((client) => timers.set(client, set));
  await eventually(() => expect(fired.length).toBeGreaterThanOrEqual(50));
  expect(new Set(fired.map((one) => (one.payload as { index: number }).index)).size).toBe(50);
  expect(fired.length).toBe(50);
  expect(await database.query('SELECT 1 FROM timer')).toEqual([]);
});

it('wakes a sleeping replica for a timer that is set for sooner', async () => {
  const { url, database } = await createTestDatabase();
  const fired: string[] = [];
  const { timers } = await start(url, database, (_client, due) =>
    Promise.resolve(void fired.push(...due.map((one) => one.key))),
  );
  await database.transaction((client) => timers.set(client, [timer(soon(3_600_000), 'later')]));
  await database.transaction((client) => timers.set(client, [timer(soon(0), 'now')]));
  await eventually(() => expect(fired).toEqual(['now']));
});

it('moves a timer that is set again, and forgets one that is cancelled', async () => {
  const { url, database } = await createTestDatabase();
  const fired: unknown[] = [];
  const { timers } = await start(url, database, (_client, due) =>
    Promise.resolve(void fired.push(...due.map((one) => one.payload))),
  );
  const subject = newId();
  await database.transaction((client) => timers.set(client, [timer(soon(3_600_000), 'a', 'old', subject)]));
  await database.transaction((client) => timers.set(client, [timer(soon(3_600_000), 'b', 'gone', subject)]));
  await database.transaction((client) => timers.cancel(client, 'test', [subject], 'b'));
  await database.transaction((client) => timers.set(client, [timer(soon(0), 'a', 'new', subject)]));
  await eventually(() => expect(fired).toEqual(['new']));
  expect(await database.query('SELECT 1 FROM timer')).toEqual([]);
});

it('drops the timers of a subject that its caller holds, but for the one whose follow-up waits for that subject', async () => {
  const { url, database } = await createTestDatabase();
  await database.query('CREATE TABLE subject (id uuid PRIMARY KEY)');
  const subject = newId();
  await database.query('INSERT INTO subject VALUES ($1)', [subject]);
  const fired: string[] = [];
  const { timers } = await start(url, database, async (client, due) => {
    await client.query('SELECT FROM subject WHERE id = $1 FOR UPDATE', [subject]);
    fired.push(...due.map((one) => one.key));
  });
  await database.transaction(async (client) => {
    await client.query('SELECT FROM subject WHERE id = $1 FOR UPDATE', [subject]);
    // By a transaction of its own: the follow-up is to begin while this one holds the subject.
    const set = [timer(soon(0), 'due', null, subject), timer(soon(3_600_000), 'later', null, subject)];
    await database.transaction((other) => timers.set(other, set));
    await eventually(async () =>
      expect(
        await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ).toHaveLength(1),
    );
    await timers.drop(client, 'test', [subject]);
  });
  await eventually(() => expect(fired).toEqual(['due']));
  await eventually(async () => expect(await database.query('SELECT 1 FROM timer')).toEqual([]));
});

it('commits the follow-up with the removal or not at all, and keeps a timer whose handler fails alone', async () => {
  const { url, database } = await createTestDatabase();
  await database.query('CREATE TABLE effect (key text)');
  const { timers } = await start(url, database, async (client, due) => {
    for (const one of due) {
      await client.query('INSERT INTO effect VALUES ($1)', [one.key]);
      if (one.key === 'bad') throw new Error('broken handler');
    }
  });
  await database.transaction((client) =>
    timers.set(
      client,
      ['a', 'bad', 'b'].map((key) => timer(soon(0), key)),
    ),
  );
  await eventually(async () => {
    expect(await database.query('SELECT key, failures, last_error FROM timer')).toEqual([
      { key: 'bad', failures: 1, last_error: 'Error: broken handler' },
    ]);
  });
  expect(await database.query('SELECT key FROM effect ORDER BY key')).toEqual([{ key: 'a' }, { key: 'b' }]);
});

it('runs what the handler returned only after the commit', async () => {
  const { url, database } = await createTestDatabase();
  let seenOutside: unknown[] | null = null;
  const { timers } = await start(url, database, () => {
    return Promise.resolve(async () => {
      seenOutside = await database.query('SELECT 1 FROM timer');
    });
  });
  await database.transaction((client) => timers.set(client, [timer(soon(0))]));
  await eventually(() => expect(seenOutside).toEqual([]));
});

it('goes on after the database connections were cut', async () => {
  const { url, database } = await createTestDatabase();
  const fired: string[] = [];
  const { timers } = await start(url, database, (_client, due) =>
    Promise.resolve(void fired.push(...due.map((one) => one.key))),
  );
  await database
    .query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    .catch(() => undefined);
  await eventually(() => database.transaction((client) => timers.set(client, [timer(soon(0), 'after')])));
  await eventually(() => expect(fired).toEqual(['after']));
});

it('lets a follow-up that waits for somebody outside hold up no other timer', async () => {
  const { url, database } = await createTestDatabase();
  const fired: string[] = [];
  const outside = Promise.withResolvers<undefined>();
  const { timers } = await start(
    url,
    database,
    (_client, due) => Promise.resolve(void fired.push(...due.map((one) => one.key))),
    (slow) => slow.handleApart('slow', () => outside.promise),
  );
  await database.transaction((client) => timers.set(client, [{ ...timer(soon(0), 'mail'), kind: 'slow' }]));
  await database.transaction((client) => timers.set(client, [timer(soon(0), 'cron')]));
  await eventually(() => expect(fired).toEqual(['cron']));
  outside.resolve(undefined);
});

it('works on as many kinds that wait outside at a time as SCHEDULER_MAX_WORKERS says', async () => {
  const { url, database } = await createTestDatabase();
  const fired: string[] = [];
  const outside = Promise.withResolvers<undefined>();
  const hold = async (_client: unknown, due: readonly DueTimer[]): Promise<undefined> => {
    fired.push(...due.map((one) => one.kind));
    await outside.promise;
  };
  const { timers } = await start(
    url,
    database,
    (_client, due) => Promise.resolve(void fired.push(...due.map((one) => one.kind))),
    (slow) => {
      for (const kind of ['mail', 'delivery']) slow.handleApart(kind, hold);
    },
    1,
  );
  await database.transaction((client) =>
    timers.set(
      client,
      ['mail', 'delivery'].map((kind) => ({ ...timer(soon(0)), kind })),
    ),
  );
  await eventually(() => expect(fired).toHaveLength(1));
  await database.transaction((client) => timers.set(client, [timer(soon(0))]));
  await eventually(() => expect(fired).toHaveLength(2));
  expect(fired[1]).toBe('test');
  outside.resolve(undefined);
  await eventually(() => expect(fired.sort()).toEqual(['delivery', 'mail', 'test']));
});
