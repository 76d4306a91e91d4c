import pg from 'pg';
import { isConnectionLoss } from '../../src/common/database/pg-errors.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { ambushSql, GATE, type PointName } from './points.js';
import { WATCH } from './watch.sql.js';

const WAITING = /* sql */ `
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.classid = ${GATE} AND l.database = a.datid AND NOT l.granted`;

const AWAY_LIMIT_MS = 60_000;

/** Who was caught at a point. Its session waits until `release`. */
export interface Caught {
  /** The name of the replica. */
  readonly application: string;
  release(): Promise<void>;
}

/** The harness's own way into the database, which survives the maltreatment of it. */
export class DatabaseLink {
  private readonly pool: pg.Pool;

  constructor(private readonly url: string) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: 4,
      application_name: 'harness',
      connectionTimeoutMillis: 5_000,
    });
    this.pool.on('error', () => undefined);
    afterFile(() => this.pool.end());
  }

  async install(queue: 'redis' | 'postgres'): Promise<void> {
    await this.query(ambushSql(queue));
    await this.query(WATCH);
  }

  /** Tries again while the database is away, which no fault lets it be for longer than a minute. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const deadline = performance.now() + AWAY_LIMIT_MS;
    for (;;) {
      try {
        return (await this.pool.query<Row>(sql, values)).rows;
      } catch (error) {
        if (!isConnectionLoss(error) || performance.now() > deadline) throw error;
        await new Promise((next) => setTimeout(next, 100));
      }
    }
  }

  async number(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.query<Record<string, string>>(sql, values);
    return Number(Object.values(row ?? {})[0] ?? 0);
  }

  /** A session of its own, for locks. */
  async session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'harness' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /**
   * Arms a point and waits until a replica has come by. null: none came in time.
   * @param application only this replica.
   */
  async catch(point: PointName, limitMs: number, application: string | null = null): Promise<Caught | null> {
    const gate = await this.session();
    await gate.query(`SELECT pg_advisory_lock(${GATE}, hashtext($1))`, [point]);
    await this.query('INSERT INTO faults.armed (point, application) VALUES ($1, $2)', [point, application]);
    const caught = await eventually(async () => {
      const [waiting] = (await gate.query<{ application_name: string }>(WAITING)).rows;
      if (waiting === undefined) throw new Error(`nobody at ${point}`);
      return waiting.application_name;
    }, limitMs).catch(() => null);
    await this.query('DELETE FROM faults.armed WHERE point = $1', [point]);
    if (caught === null) await gate.end();
    return caught === null ? null : { application: caught, release: () => gate.end() };
  }
}
