import type { PoolClient } from 'pg';

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
   * Whether this row needs no lock that another transaction may hold. Such rows are committed beside the others, and
   * neither waits for the other. Default: no.
   */
  neverWaits?(row: Row): boolean;
  run(client: PoolClient, rows: readonly Row[], afterCommit: AfterCommit): Promise<readonly Result[]>;
}

/** Keeps an action for the moment after the commit; a flush that is tried again forgets what it kept. */
export type AfterCommit = (action: () => void) => void;

/**
 * One writer per process. What all executions in flight want to write is gathered, and committed many rows at a time. There
 * is no timer, so an idle server commits at once and a busy one in large batches.
 */
export abstract class GroupCommit {
  /** Resolves after the commit that holds the row. A row that the database refuses fails alone, not its neighbours. */
  abstract submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result>;
  /** From now on no row outlasts a database that is away, whatever its patience: the process ends. */
  abstract endPatience(): void;
}

/** What a flush cost, for metrics and for the cost tests. */
export interface FlushReport {
  readonly rows: number;
  readonly milliseconds: number;
}
