import pg from 'pg';
import { expect } from 'vitest';
import { afterFile } from './cleanup.js';
import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

const KEY = 4_711;
const WAITERS = /* sql */ `
SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = ${KEY} AND NOT l.granted`;
const BLOCKED = /* sql */ `
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND $1 = ANY(pg_blocking_pids(pid))`;
const OPEN = /* sql */ `SELECT pid FROM pg_stat_activity WHERE pid = $1 AND backend_xid::text = $2`;
const XID = /* sql */ `SELECT backend_xid::text AS xid FROM pg_stat_activity WHERE pid = $1`;

export interface HeldInserts {
  /** Resolves when somebody stands before the insert, in the middle of a transaction. */
  reached(): Promise<Standing>;
  /** Lets everybody pass. */
  release(): Promise<void>;
}

export interface Standing {
  /** Whether somebody else waits for this transaction. */
  isWaitedFor(): Promise<boolean>;
  /** Resolves when the transaction is over. */
  over(): Promise<void>;
}

/** From now on whoever inserts such a row waits before it, by a lock that this test holds. */
export async function holdInserts(db: TestDatabase, table: string, condition: string): Promise<HeldInserts> {
  const holder = new pg.Client({ connectionString: db.url });
  await holder.connect();
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= holder.end());
  afterFile(release);
  await holder.query(`
    CREATE OR REPLACE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${KEY}); RETURN NEW; END $$`);
  // Again when it deadlocks: it locks a table and its partitions, which whoever writes just now locks the other way round.
  await eventually(() =>
    holder.query(`
      CREATE OR REPLACE TRIGGER held BEFORE INSERT ON ${table} FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION held()`),
  );
  await holder.query(`SELECT pg_advisory_lock(${KEY})`);
  const pids = async (sql: string, values: unknown[] = []): Promise<number[]> =>
    (await db.database.query<{ pid: number }>(sql, values)).map(({ pid }) => pid);
  const reached = async (): Promise<Standing> => {
    const pid = await eventually(async () => {
      const [waiter] = await pids(WAITERS);
      expect(waiter).toBeDefined();
      return waiter;
    });
    const [{ xid } = { xid: '' }] = await db.database.query<{ xid: string }>(XID, [pid]);
    return {
      isWaitedFor: async () => (await pids(BLOCKED, [pid])).length > 0,
      over: () => eventually(async () => expect(await pids(OPEN, [pid, xid])).toEqual([])),
    };
  };
  return { reached, release };
}
