import type { PoolClient } from 'pg';
import { idBounds } from '../ids.js';
import type { Database } from './database.js';
import { sqlState } from './pg-errors.js';

export const PARTITIONED_TABLES = [
  'execution',
  'step_execution',
  'execution_log',
  'occurrence',
  'step_answer',
  'large_output',
  'step_journal',
  'execution_file',
  'execution_file_chunk',
  'approval',
  'event',
] as const;

export const DAY_MS = 86_400_000;
const DAYS_AHEAD = 14;
const DAYS_BEHIND = 2;
/** Milliseconds to wait for a table's lock: whoever queues behind this chore waits as long, at most. */
const LOCK_TIMEOUT_MS = 500;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * The daily partitions of the history tables, by the time inside their ids. Days are UTC days of the database's clock:
 * a replica whose clock is wrong neither drops history nor leaves tomorrow without a partition.
 */
export class Partitions {
  constructor(private readonly database: Database) {}

  /**
   * Makes what is missing from two days ago to fourteen days ahead, and for older days that another table of the history
   * still has: a table that came with an upgrade. @returns the names of the new partitions.
   */
  async makeAhead(): Promise<string[]> {
    const today = dayOf(await this.now());
    const all = await this.all();
    const present = new Set(all.map((partition) => partition.name));
    const days = new Set(all.map((partition) => partition.day));
    for (let day = today - DAYS_BEHIND * DAY_MS; day <= today + DAYS_AHEAD * DAY_MS; day += DAY_MS) days.add(day);
    const made: string[] = [];
    for (const day of days) {
      for (const table of PARTITIONED_TABLES) {
        const name = partitionName(table, day);
        if (!present.has(name) && (await this.make(table, name, day))) made.push(name);
      }
    }
    return made;
  }

  /**
   * Drops whole days older than `retentionMs`. A day that still holds an open execution stays, steps and logs with it,
   * and so does one that `keeps` (by its first millisecond).
   * @returns the names of the dropped partitions.
   */
  async dropExpired(
    retentionMs: number,
    keeps: (day: number) => Promise<boolean> = () => Promise.resolve(false),
  ): Promise<string[]> {
    const limit = (await this.now()) - retentionMs;
    const expired = (await this.all()).filter((partition) => partition.day + DAY_MS <= limit);
    const dropped: string[] = [];
    for (const day of new Set(expired.map((partition) => partition.day))) {
      if (await keeps(day)) continue;
      const ofDay = expired.filter((partition) => partition.day === day);
      if (await this.drop(ofDay)) dropped.push(...ofDay.map((partition) => partition.name));
    }
    return dropped;
  }

  async all(): Promise<Partition[]> {
    const rows = await this.database.query<{ parent: string; name: string }>(LIST, [PARTITIONED_TABLES]);
    return rows.flatMap(({ parent, name }) => {
      const day = dayOfName(name);
      return day === null ? [] : [{ parent, name, day }];
    });
  }

  /**
   * Made beside its table and then attached: that takes a lock which lets readers and writers go on, unlike
   * `CREATE TABLE … PARTITION OF`. @returns false when another replica was faster.
   */
  private async make(table: string, name: string, day: number): Promise<boolean> {
    return await this.database.transaction(async (client) => {
      await client.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [name]);
      const found = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name]);
      if (found.rows[0]?.found === true) return false;
      const [from, to] = [idBounds(day).lowest, idBounds(day + DAY_MS).lowest];
      await client.query(
        `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)`,
      );
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
      return true;
    });
  }

  /** All tables of one day or none. @returns false when it must wait: an open execution, or the tables are busy. */
  private async drop(partitions: readonly Partition[]): Promise<boolean> {
    try {
      return await this.database.transaction(async (client) => {
        await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
        if (await holdsOpenExecution(client, partitions)) return false;
        for (const { parent, name } of partitions) {
          await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${name}`);
          await client.query(`DROP TABLE ${name}`);
        }
        return true;
      });
    } catch (error) {
      if (sqlState(error) === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
  }

  private async now(): Promise<number> {
    const rows = await this.database.query<{ now: Date }>('SELECT now() AS now');
    return (rows[0]?.now ?? new Date()).getTime();
  }
}

interface Partition {
  readonly parent: string;
  readonly name: string;
  /** Milliseconds of its first instant. */
  readonly day: number;
}

const LIST = /* sql */ `
  SELECT parent.relname AS parent, child.relname AS name
  FROM pg_inherits
  JOIN pg_class parent ON parent.oid = inhparent
  JOIN pg_class child ON child.oid = inhrelid
  WHERE parent.relname = ANY ($1) AND parent.relnamespace = current_schema()::regnamespace
  ORDER BY child.relname`;

/** Looks under the lock: a retry may reopen an execution until then. */
async function holdsOpenExecution(client: PoolClient, partitions: readonly Partition[]): Promise<boolean> {
  const executions = partitions.find((partition) => partition.parent === 'execution');
  if (executions === undefined) return false;
  await client.query(`LOCK TABLE ${executions.name} IN ACCESS EXCLUSIVE MODE`);
  const { rows } = await client.query<{ open: boolean }>(
    `SELECT EXISTS (SELECT FROM ${executions.name} WHERE is_open) AS open`,
  );
  return rows[0]?.open === true;
}

function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / DAY_MS) * DAY_MS;
}

/** `execution_p20261121` */
function partitionName(table: string, day: number): string {
  return `${table}_p${new Date(day).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

function dayOfName(name: string): number | null {
  const match = /_p(\d{4})(\d\d)(\d\d)$/.exec(name);
  return match === null ? null : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
}
