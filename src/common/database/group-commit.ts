import type { PoolClient } from 'pg';

/**
 * A statement of the group commit: it writes the rows of many callers at once (multi-row, `unnest` arrays) and gives
 * one result a row, in order.
 */
export interface BatchStatement<Row, Result> {
  readonly name: string;
  /** Statements of one flush run in this order, lowest first. */
  readonly order: number;
  run(client: PoolClient, rows: readonly Row[]): Promise<readonly Result[]>;
}

/**
 * One writer per process. What all executions in flight want to write is gathered and committed as one transaction.
 * At most one flush is under way; the next takes all that has gathered meanwhile. There is no timer, so an idle server
 * commits at once and a busy one in large batches.
 */
export abstract class GroupCommit {
  /** Resolves after the commit that holds the row. A row that the database refuses fails alone, not its neighbours. */
  abstract submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result>;
}
