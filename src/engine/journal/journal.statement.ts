import type { BatchStatement } from '../../common/database/group-commit.js';
import { selectSql, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';

export interface JournalRow {
  readonly stepExecutionId: string;
  readonly executionId: string;
  readonly epoch: number;
  /** Of the execution. */
  readonly attempt: number;
  readonly key: string;
  /** JSON. */
  readonly value: string;
}

/** Index: the primary key. Held until the commit, so that nobody takes the execution over in between. */
const HOLD = /* sql */ `
SELECT e.id, e.epoch FROM execution e
WHERE e.id = ANY($1::uuid[]) AND e.status = 'running' ORDER BY e.id FOR SHARE`;

const COLUMNS: readonly Column<JournalRow>[] = [
  { name: 'step_execution_id', type: 'uuid', value: (row) => row.stepExecutionId },
  { name: 'execution_id', type: 'uuid', value: (row) => row.executionId },
  { name: 'attempt', type: 'integer', value: (row) => row.attempt },
  { name: 'key', type: 'text', value: (row) => row.key },
  { name: 'value', type: 'json', value: (row) => row.value },
];

const INSERT = /* sql */ `
INSERT INTO step_journal (${COLUMNS.map((column) => column.name).join(', ')})
SELECT ${selectSql('j', COLUMNS)} FROM ${unnestSql('j', COLUMNS)}
ON CONFLICT (step_execution_id, attempt, key) DO NOTHING`;

/** Entries of those who still own their executions. @returns whether it is kept */
export const journalStatement: BatchStatement<JournalRow, boolean> = {
  name: 'step_journal',
  order: 15,
  patienceMs: Number.POSITIVE_INFINITY,
  async run(client, rows) {
    const ids = [...new Set(rows.map((row) => row.executionId))];
    const { rows: held } = await client.query<{ id: string; epoch: number }>(HOLD, [ids]);
    const epochs = new Map(held.map(({ id, epoch }) => [id, epoch]));
    const kept = rows.filter((row) => epochs.get(row.executionId) === row.epoch);
    if (kept.length > 0) await client.query(INSERT, unnestValues(COLUMNS, kept));
    return rows.map((row) => kept.includes(row));
  },
};
