/** What the server and the process that holds a SQLite file say to each other. Bytes travel as `{base64}`. */
export interface SqliteJob {
  readonly statements: readonly { readonly sql: string; readonly params: readonly unknown[] }[];
  readonly mode: 'read' | 'single' | 'transaction';
  readonly maxRows: number;
  readonly maxBytes: number;
}

export interface SqliteFault {
  readonly message: string;
  /** SQLite's extended result code; null when the fault is not SQLite's. */
  readonly errcode: number | null;
  readonly limit: 'rows' | 'bytes' | null;
}

export type SqliteMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly results: readonly { rows: Record<string, unknown>[]; rowCount: number }[] }
  | { readonly kind: 'failed'; readonly fault: SqliteFault };
