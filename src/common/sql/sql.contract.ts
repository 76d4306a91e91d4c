export type Dialect = 'postgresql' | 'mysql' | 'mariadb' | 'sqlite';

export interface SqlStatement {
  readonly sql: string;
  /** Bound, never written into the text. */
  readonly params: readonly unknown[];
  /** Rows that it changes at most, where that is known. */
  readonly mostChanged?: number;
}

export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows returned, or changed by a statement that returns none. */
  readonly rowCount: number;
}

export interface SqlLimits {
  /** A result of more rows fails with `rows_too_many`. */
  readonly maxRows: number;
  /** Of each statement, milliseconds. */
  readonly timeoutMs: number;
  /** Ends the statement on the server too. */
  readonly signal: AbortSignal;
}

export interface SqlJob extends SqlLimits {
  readonly statements: readonly SqlStatement[];
  /** `read`: nothing may be written. `single`: one statement. `transaction`: all of them or none. */
  readonly mode: 'read' | 'single' | 'transaction';
}

/** Statements on one database, over connections that are kept. */
export interface SqlClient {
  readonly dialect: Dialect;
  /** @returns a result for each statement. @throws SqlError; the signal's reason when aborted */
  run(job: SqlJob): Promise<SqlResult[]>;
  close(): Promise<void>;
}
