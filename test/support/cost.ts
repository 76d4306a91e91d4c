import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { PoolClient } from 'pg';
import { Database } from '../../src/common/database/database.js';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { CLAIM_DUE, UNTIL_NEXT } from '../../src/common/timers/timers.sql.js';

/** What something has cost at the database and at the queue. */
export interface Cost {
  /** Statements, without BEGIN, COMMIT and settings of the transaction. */
  readonly queries: number;
  /** Transactions that have written something; a lone statement that writes is one. */
  readonly commits: number;
  /** Rows inserted, updated or deleted. */
  readonly rows: number;
  /** Calls of the queue. */
  readonly queue: number;
}

interface Statement {
  readonly sql: string;
  readonly rows: number;
  readonly isWrite: boolean;
}

/** Looking for due timers is the process's own; it costs the same whether or not an execution waits. */
const LOOKS = new Set([CLAIM_DUE, UNTIL_NEXT]);
/** Gathered and written now and then, for all that happened meanwhile. */
const GATHERED = [/^\s*INSERT INTO audit_log/, /^\s*UPDATE trigger t SET trigger_count/];

const isShared = ({ sql, rows }: Statement): boolean =>
  sql.startsWith('SET LOCAL ') || (rows === 0 && LOOKS.has(sql)) || GATHERED.some((pattern) => pattern.test(sql));

/** Counts what an otherwise idle application does. Its chores are stopped: only executions are left to cost anything. */
export class CostMeter {
  /** Every statement since the last reset, for whoever wants to know why. */
  readonly statements: string[] = [];
  private commits = 0;
  private rows = 0;
  private queue = 0;
  private readonly open = new Map<object, Statement[]>();

  constructor(app: NestFastifyApplication) {
    const chores = app.get(SchedulerRegistry);
    for (const name of chores.getIntervals()) chores.deleteInterval(name);
    const known = new WeakSet();
    app.get(Database).pool.on('acquire', (client) => {
      if (known.has(client)) return;
      known.add(client);
      this.watch(client);
    });
    this.watchQueue(app.get(ExecutionQueue));
  }

  reset(): void {
    this.statements.length = 0;
    this.commits = this.rows = this.queue = 0;
  }

  get cost(): Cost {
    return { queries: this.statements.length, commits: this.commits, rows: this.rows, queue: this.queue };
  }

  private watch(client: PoolClient): void {
    const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
    const watched = (first: string | { text: string }, ...rest: unknown[]): unknown => {
      const sql = typeof first === 'string' ? first : first.text;
      const callback = rest.at(-1);
      if (typeof callback === 'function') {
        // How a pool's own `query` asks.
        rest[rest.length - 1] = (error: unknown, result: { rowCount: number | null; command: string }) => {
          if (error === null || error === undefined) this.note(client, sql, result);
          (callback as (...parts: unknown[]) => void)(error, result);
        };
        return query(first, ...rest);
      }
      return (query(first, ...rest) as Promise<{ rowCount: number | null; command: string }>).then((result) => {
        this.note(client, sql, result);
        return result;
      });
    };
    client.query = watched as typeof client.query;
  }

  private note(client: object, sql: string, result: { rowCount: number | null; command: string }): void {
    const { command, rowCount } = result;
    const open = this.open.get(client);
    if (command === 'BEGIN') this.open.set(client, []);
    else if (command === 'ROLLBACK') this.open.delete(client);
    else if (command === 'COMMIT') {
      this.open.delete(client);
      this.take(open ?? []);
    } else {
      const isWrite = command !== 'SELECT';
      const statement = { sql, isWrite, rows: isWrite ? (rowCount ?? 0) : 0 };
      if (open === undefined) this.take([statement]);
      else open.push(statement);
    }
  }

  private take(statements: readonly Statement[]): void {
    const counted = statements.filter((statement) => !isShared(statement));
    this.statements.push(...counted.map(({ sql }) => sql.trim()));
    this.rows += counted.reduce((sum, { rows }) => sum + rows, 0);
    if (counted.some(({ isWrite }) => isWrite)) this.commits++;
  }

  private watchQueue(queue: ExecutionQueue): void {
    const add = queue.add.bind(queue);
    queue.add = (jobs) => {
      if (jobs.length > 0) this.queue++;
      add(jobs);
    };
  }
}
