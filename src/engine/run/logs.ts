import type { PoolClient } from 'pg';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';

export const LOG_LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof LOG_LEVELS;

/** One line of an execution's log. */
export interface LogRow {
  readonly id: string;
  readonly executionId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: LogLevel;
  readonly stepPath: string | null;
  readonly attempt: number | null;
  readonly message: string;
  readonly data: unknown;
}

const COLUMNS: readonly Column<LogRow>[] = [
  { name: 'id', type: 'uuid', value: (row) => row.id },
  { name: 'execution_id', type: 'uuid', value: (row) => row.executionId },
  { name: 'logged_at', type: 'timestamptz', value: (row) => new Date(row.at) },
  { name: 'level', type: 'smallint', value: (row) => LOG_LEVELS[row.level] },
  { name: 'step_path', type: 'text', value: (row) => row.stepPath },
  { name: 'attempt', type: 'integer', value: (row) => row.attempt },
  // text cannot hold U+0000
  { name: 'message', type: 'text', value: (row) => row.message.replaceAll('\u0000', '\uFFFD') },
  { name: 'data', type: 'json', value: (row) => toJson(row.data) },
];

const INSERT = /* sql */ `
INSERT INTO execution_log (${COLUMNS.map((column) => column.name).join(', ')})
SELECT ${selectSql('l', COLUMNS)} FROM ${unnestSql('l', COLUMNS)}
ON CONFLICT (id) DO NOTHING`;

export async function insertLogs(client: PoolClient, parts: readonly { logs: readonly LogRow[] }[]): Promise<void> {
  const rows = parts.flatMap((part) => part.logs);
  if (rows.length > 0) await client.query(INSERT, unnestValues(COLUMNS, rows));
}
