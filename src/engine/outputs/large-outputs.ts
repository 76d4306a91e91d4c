import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';

/** Bytes of JSON up to which an output stands in its row (nodes.md). */
export const OUTPUT_IN_ROW_BYTES = 256 * 1024;
/** Of UTF-8 for one UTF-16 unit, at most. */
const MOST_BYTES_A_UNIT = 3;

/** An output that lies beside its row; `id` is that of the step execution, or of the execution. */
export interface LargeOutput {
  readonly id: string;
  readonly executionId: string;
  readonly outputJson: string;
}

/** @returns the bytes of a JSON text that is too big for its row; null when it stands there. */
export function largeSize(json: string | null): number | null {
  if (json === null || json.length * MOST_BYTES_A_UNIT <= OUTPUT_IN_ROW_BYTES) return null;
  const bytes = Buffer.byteLength(json);
  return bytes > OUTPUT_IN_ROW_BYTES ? bytes : null;
}

/** What stands in the row. */
export function inRow(json: string | null): string | null {
  return largeSize(json) === null ? json : null;
}

const UPSERT = /* sql */ `
INSERT INTO large_output (id, execution_id, output)
SELECT i.id, i.execution_id, i.output::json FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS i(id, execution_id, output)
ON CONFLICT (id) DO UPDATE SET output = excluded.output`;

/** Index: the primary key; the bounds leave the partitions of these ids. */
const READ = /* sql */ `SELECT id, output FROM large_output WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3`;
const DELETE = /* sql */ `DELETE FROM large_output WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3`;

const COPY = /* sql */ `
INSERT INTO large_output (id, execution_id, output)
SELECT i.copy_id, $1, l.output FROM unnest($2::uuid[], $3::uuid[]) AS i(id, copy_id)
JOIN large_output l ON l.id = i.id
WHERE l.id = ANY($2::uuid[])`;

/** Of one that was written just before: as it lies there, without being sent, checked and compressed again. */
const COPY_WRITTEN = /* sql */ `
INSERT INTO large_output (id, execution_id, output)
SELECT i.id, i.execution_id, l.output FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS i(id, execution_id, written_id)
JOIN large_output l ON l.id = i.written_id
WHERE l.id = ANY($3::uuid[]) AND l.id BETWEEN $4 AND $5
ON CONFLICT (id) DO UPDATE SET output = excluded.output`;

/** Each id once. No query when there are none. */
export async function upsertLargeOutputs(client: PoolClient, outputs: readonly LargeOutput[]): Promise<void> {
  if (outputs.length === 0) return;
  const written = new Map<string, LargeOutput>();
  // That of an execution is mostly that of its last step.
  const same: (LargeOutput & { readonly writtenId: string })[] = [];
  for (const output of outputs) {
    const first = written.get(output.outputJson);
    if (first === undefined) written.set(output.outputJson, output);
    else same.push({ ...output, writtenId: first.id });
  }
  const rows = [...written.values()];
  await client.query(UPSERT, [
    rows.map((output) => output.id),
    rows.map((output) => output.executionId),
    rows.map((output) => output.outputJson),
  ]);
  if (same.length === 0) return;
  const writtenIds = same.map((output) => output.writtenId);
  await client.query(COPY_WRITTEN, [
    same.map((output) => output.id),
    same.map((output) => output.executionId),
    writtenIds,
    ...boundsOf(writtenIds),
  ]);
}

/** By id; those that have gone meanwhile are left out. */
export async function readLargeOutputs(
  from: PoolClient | Database,
  ids: readonly string[],
): Promise<Map<string, unknown>> {
  if (ids.length === 0) return new Map();
  type Row = { id: string; output: unknown };
  const values = [ids, ...boundsOf(ids)];
  const rows =
    from instanceof Database ? await from.query<Row>(READ, values) : (await from.query<Row>(READ, values)).rows;
  return new Map(rows.map((row) => [row.id, row.output]));
}

export async function deleteLargeOutputs(client: PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await client.query(DELETE, [ids, ...boundsOf(ids)]);
}

/** For an execution that brings results of another one along. */
export async function copyLargeOutputs(
  client: PoolClient,
  executionId: string,
  copies: readonly { readonly id: string; readonly copyId: string }[],
): Promise<void> {
  if (copies.length === 0) return;
  await client.query(COPY, [executionId, copies.map((copy) => copy.id), copies.map((copy) => copy.copyId)]);
}

/** Puts the outputs that lie beside their rows into them; without a query when there are none. */
export async function withLargeOutputs<
  Row extends { readonly id: string; readonly output: unknown; readonly output_size: number | null },
>(from: PoolClient | Database, rows: readonly Row[]): Promise<readonly Row[]> {
  const ids = rows.filter((row) => row.output_size !== null).map((row) => row.id);
  if (ids.length === 0) return rows;
  const outputs = await readLargeOutputs(from, ids);
  return rows.map((row) => (outputs.has(row.id) ? { ...row, output: outputs.get(row.id), output_size: null } : row));
}

function boundsOf(ids: readonly string[]): [string, string] {
  const times = ids.map(idTime);
  return [idBounds(Math.min(...times)).lowest, idBounds(Math.max(...times)).highest];
}
