import { beforeAll, describe, expect, it } from 'vitest';
import { AppConfig } from '../../src/common/config/app-config.js';
import type { Database } from '../../src/common/database/database.js';
import { PgSignals } from '../../src/common/signals/pg-signals.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/test-database.js';

const KILL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'millrace signals' AND datname = current_database()`;

describe('signals between two replicas', () => {
  let database: Database;
  let near: PgSignals;
  let far: PgSignals;
  const atNear: unknown[] = [];
  const atFar: unknown[] = [];

  beforeAll(async () => {
    const made = await createTestDatabase();
    database = made.database;
    const open = async (): Promise<PgSignals> => {
      const signals = new PgSignals(Object.assign(new AppConfig(), { databaseUrl: made.url }), database);
      await signals.onApplicationBootstrap();
      afterFile(() => signals.onApplicationShutdown());
      return signals;
    };
    [near, far] = await Promise.all([open(), open()]);
    near.subscribe('topic', (payload) => atNear.push(payload));
    far.subscribe('topic', (payload) => atFar.push(payload));
  });

  /** Signals arrive in order: when this one is there, all before it are. */
  const settle = async (): Promise<void> => {
    const mark = `mark ${Math.random()}`;
    await near.publish('topic', mark);
    await eventually(() => {
      expect(atNear).toContain(mark);
      expect(atFar).toContain(mark);
    });
  };

  it('reach both, the sender too, as they were sent', async () => {
    const payload = { id: 'x', list: [1, 'ü', null] };
    await near.publish('topic', payload);
    await settle();
    expect(atNear).toContainEqual(payload);
    expect(atFar).toContainEqual(payload);
  });

  it('reach only those who asked for the topic, and only until they have had enough', async () => {
    const other: unknown[] = [];
    const end = far.subscribe('other', (payload) => other.push(payload));
    await near.publish('other', 1);
    await settle();
    end();
    await near.publish('other', 2);
    await settle();
    expect(other).toEqual([1]);
    expect(atFar).not.toContain(1);
  });

  it('of a transaction are delivered when it commits, and never when it does not', async () => {
    const held = Promise.withResolvers<undefined>();
    const committed = database.transaction(async (client) => {
      await near.publishWithin(client, 'topic', 'within');
      await held.promise;
    });
    await settle();
    expect(atFar).not.toContain('within');
    held.resolve(undefined);
    await committed;
    await settle();
    expect(atFar).toContain('within');

    const undone = database.transaction(async (client) => {
      await near.publishWithin(client, 'topic', 'undone');
      throw new Error('rolled back');
    });
    await expect(undone).rejects.toThrow('rolled back');
    await settle();
    expect(atFar).not.toContain('undone');
  });

  it('come back by themselves after their connection was cut, and say that some may be missing', async () => {
    let back = 0;
    near.onReconnect(() => back++);
    far.onReconnect(() => back++);
    for (const round of [1, 2]) {
      const { length } = await database.query(KILL);
      expect(length).toBe(2);
      await eventually(() => expect(back).toBe(2 * round));
      await settle();
    }
  });

  it('are not disturbed by what others send on their channel', async () => {
    await database.query(`SELECT pg_notify('millrace', 'not JSON')`);
    await database.query(`SELECT pg_notify('millrace', 'null')`);
    await settle();
  });
});
