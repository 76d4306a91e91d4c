import type { PoolClient } from 'pg';
import { DatabaseUnavailableError } from './database.errors.js';
import type { Database } from './database.js';
import type { AfterCommit, BatchStatement, FlushReport } from './group-commit.js';
import { isConflict, isConnectionLoss } from './pg-errors.js';

interface Entry {
  readonly statement: BatchStatement<unknown, unknown>;
  readonly row: unknown;
  readonly giveUpAt: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_ROWS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** At most one flush is under way; the next takes all that has gathered meanwhile. */
export class FlushLane {
  private gathered: Entry[] = [];
  private flushing: Promise<void> | null = null;
  private isPatient = true;

  constructor(
    private readonly database: Database,
    private readonly onFlush: (report: FlushReport) => void,
  ) {}

  get isBusy(): boolean {
    return this.flushing !== null;
  }

  submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const giveUpAt = performance.now() + statement.patienceMs;
      this.gathered.push({ statement: statement, row, giveUpAt, resolve, reject });
      this.flushing ??= this.flushAll();
    });
  }

  endPatience(): void {
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

async function runAll(client: PoolClient, batch: readonly Entry[], afterCommit: AfterCommit): Promise<unknown[]> {
  const groups = new Map<BatchStatement<unknown, unknown>, Group>();
  batch.forEach(({ statement, row }, index) => {
    const group = groups.get(statement) ?? { statement, rows: [], indexes: [] };
    if (group.rows.length === 0) groups.set(statement, group);
    group.rows.push(row);
    group.indexes.push(index);
  });
  const results = new Array<unknown>(batch.length);
  for (const { statement, rows, indexes } of [...groups.values()].sort(
    (a, b) => a.statement.order - b.statement.order,
  )) {
    const given = await statement.run(client, rows, afterCommit);
    indexes.forEach((index, position) => (results[index] = given[position]));
  }
  return results;
}

/** What one statement writes in a flush, with the places of its rows in the batch. */
interface Group {
  readonly statement: BatchStatement<unknown, unknown>;
  readonly rows: unknown[];
  readonly indexes: number[];
}
