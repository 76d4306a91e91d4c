import { type PoolClient } from 'pg';
import { AppError } from '../errors/app-error.js';
import { together } from '../together.js';
import { type Database } from './database.js';
import { isConnectionLoss, isConflict } from './pg-errors.js';

/**
 * A statement of the group commit: it writes the rows of many callers at once (multi-row, `unnest` arrays) and gives
 * one result a row, in order.
 *
 * A flush whose connection breaks is tried again, also when its commit had come through unseen: running a statement
 * twice with the same rows must leave the same state and give the same results.
 */
export interface BatchStatement<Row, Result> {
  readonly name: string;
  /** Statements of one flush run in this order, lowest first. */
  readonly order: number;
  /** Milliseconds for which a row outlasts a database that is away; then its caller gets a 503. Infinity: for ever. */
  readonly patienceMs: number;
  /**
   * Whether these rows need no lock that another transaction may hold. Then their statements need not wait for the answers
   * of others, and cannot be part of a deadlock; they are sent first. Default: no.
   */
  neverWaits?(rows: readonly Row[]): boolean;
  run(client: PoolClient, rows: readonly Row[], afterCommit: AfterCommit): Promise<readonly Result[]>;
}

/** Keeps an action for the moment after the commit; a flush that is tried again forgets what it kept. */
export type AfterCommit = (action: () => void) => void;

/**
 * One writer per process. What all executions in flight want to write is gathered and committed as one transaction.
 * At most one flush is under way; the next takes all that has gathered meanwhile. There is no timer, so an idle server
 * commits at once and a busy one in large batches.
 */
export abstract class GroupCommit {
  /** Resolves after the commit that holds the row. A row that the database refuses fails alone, not its neighbours. */
  abstract submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result>;
  /** From now on no row outlasts a database that is away, whatever its patience: the process ends. */
  abstract endPatience(): void;
}

interface Entry {
  readonly statement: BatchStatement<unknown, unknown>;
  readonly row: unknown;
  readonly giveUpAt: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What a flush cost, for metrics and for the cost tests. */
export interface FlushReport {
  readonly rows: number;
  readonly milliseconds: number;
}

const MAX_ROWS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

export class GroupCommitWriter extends GroupCommit {
  private gathered: Entry[] = [];
  private flushing: Promise<void> | null = null;
  private isPatient = true;
  private onFlush: (report: FlushReport) => void = () => undefined;

  constructor(private readonly database: Database) {
    super();
  }

  /** Whoever measures; one listener. */
  observe(listener: (report: FlushReport) => void): void {
    this.onFlush = listener;
  }

  override submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const giveUpAt = performance.now() + statement.patienceMs;
      this.gathered.push({ statement: statement, row, giveUpAt, resolve, reject });
      this.flushing ??= this.flushAll();
    });
  }

  override endPatience(): void {
    this.isPatient = false;
  }

  /** Resolves when everything submitted so far is committed or has failed. */
  async idle(): Promise<void> {
    while (this.flushing !== null) await this.flushing;
  }

  private async flushAll(): Promise<void> {
    // One turn of the event loop: callers woken by the same event share the commit.
    await new Promise<void>((next) => setImmediate(next));
    let pause = FIRST_PAUSE_MS;
    while (this.gathered.length > 0) {
      const batch = this.gathered.splice(0, MAX_ROWS);
      const lost = await this.flush(batch);
      if (lost === null) {
        pause = FIRST_PAUSE_MS;
        continue;
      }
      this.keepForLater(batch, lost);
      await new Promise((next) => setTimeout(next, pause));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    this.flushing = null;
  }

  /** @returns null when every entry is settled; the error when the connection was lost and all should be tried again. */
  private async flush(batch: readonly Entry[]): Promise<Error | null> {
    const started = performance.now();
    try {
      const actions: (() => void)[] = [];
      const results = await this.database.repeatableTransaction((client) =>
        runAll(client, batch, (act) => actions.push(act)),
      );
      for (const act of actions) act();
      batch.forEach((entry, index) => entry.resolve(results[index] as never));
    } catch (error) {
      if (isConnectionLoss(error) || isConflict(error)) return error as Error;
      if (batch.length === 1) batch[0]?.reject(error);
      else return await this.flushOneByOne(batch);
    }
    this.onFlush({ rows: batch.length, milliseconds: performance.now() - started });
    return null;
  }

  /** After a refusal: the refused row fails alone. Entries left over when the connection breaks go back in line. */
  private async flushOneByOne(batch: readonly Entry[]): Promise<null> {
    for (const entry of batch) {
      const lost = await this.flush([entry]);
      if (lost !== null) this.keepForLater([entry], lost);
    }
    return null;
  }

  private keepForLater(batch: readonly Entry[], cause: Error): void {
    const now = this.isPatient ? performance.now() : Number.POSITIVE_INFINITY;
    const kept = batch.filter((entry) => entry.giveUpAt > now);
    for (const entry of batch) if (entry.giveUpAt <= now) entry.reject(new DatabaseUnavailableError(cause));
    this.gathered.unshift(...kept);
  }
}

/** The database did not answer in time; nothing is known to be recorded. The same request may be sent again. */
export class DatabaseUnavailableError extends AppError {
  constructor(cause: unknown) {
    super({
      code: 'database_unavailable',
      status: 503,
      retryable: true,
      message: 'The database does not answer at the moment. Try again shortly.',
      headers: { 'Retry-After': '2' },
      cause,
    });
  }
}

async function runAll(client: PoolClient, batch: readonly Entry[], afterCommit: AfterCommit): Promise<unknown[]> {
  const groups = new Map<BatchStatement<unknown, unknown>, Group>();
  batch.forEach(({ statement, row }, index) => {
    const group = groups.get(statement) ?? { statement, rows: [], indexes: [] };
    if (group.rows.length === 0) groups.set(statement, group);
    group.rows.push(row);
    group.indexes.push(index);
  });
  const results = new Array<unknown>(batch.length);
  const run = async ({ statement, rows, indexes }: Group): Promise<void> => {
    const given = await statement.run(client, rows, afterCommit);
    indexes.forEach((index, position) => (results[index] = given[position]));
  };
  const { free = [], ordered = [] } = Object.groupBy(groups.values(), ({ statement, rows }) =>
    statement.neverWaits?.(rows) === true ? 'free' : 'ordered',
  );
  const inOrder = async (): Promise<void> => {
    for (const group of ordered.sort((a, b) => a.statement.order - b.statement.order)) await run(group);
  };
  await together([...free.map(run), inOrder()]);
  return results;
}

/** What one statement writes in a flush, with the places of its rows in the batch. */
interface Group {
  readonly statement: BatchStatement<unknown, unknown>;
  readonly rows: unknown[];
  readonly indexes: number[];
}
