import type { PoolClient } from 'pg';
import { idBounds, idTime, newIdWithin } from '../../common/ids.js';

/** A file as the table has it. */
export interface FileRow {
  readonly id: string;
  readonly execution_id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  /** null: it came with what started the execution. */
  readonly step_path: string | null;
  readonly content_id: string;
}

const COLUMNS = 'id, execution_id, name, type, size, sha256, step_path, content_id';

/** Oldest first. The bounds leave a stretch of the primary key: the rows of one millisecond. */
export const FILES_OF = /* sql */ `
SELECT ${COLUMNS} FROM execution_file WHERE execution_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id`;

export const READ_CHUNK = /* sql */ `SELECT bytes FROM execution_file_chunk WHERE content_id = $1 AND position = $2`;

/** Fenced: a chunk of an owner that was replaced is not written. Sent again, it is the same. */
export const WRITE_CHUNK = /* sql */ `
INSERT INTO execution_file_chunk (content_id, position, execution_id, bytes)
SELECT $3, $4, e.id, $5 FROM execution e WHERE e.id = $1 AND e.epoch = $2 AND e.status = 'running'
ON CONFLICT (content_id, position) DO UPDATE SET bytes = excluded.bytes
RETURNING 1`;

export const DELETE_CHUNKS = /* sql */ `DELETE FROM execution_file_chunk WHERE content_id = $1`;

/** Holds the execution for its owner: files of one execution are named one after the other. */
export const HOLD_FOR_OWNER = /* sql */ `
SELECT 1 FROM execution WHERE id = $1 AND epoch = $2 AND status = 'running' FOR NO KEY UPDATE`;

const PUT = /* sql */ `
INSERT INTO execution_file (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET type = excluded.type, size = excluded.size, sha256 = excluded.sha256,
  step_path = excluded.step_path, content_id = excluded.content_id, written_at = now()`;

const ADD_CHUNK = /* sql */ `
INSERT INTO execution_file_chunk (content_id, position, execution_id, bytes) VALUES ($1, $2, $3, $4)
ON CONFLICT (content_id, position) DO NOTHING`;

const COPY = /* sql */ `
INSERT INTO execution_file (${COLUMNS})
SELECT i.copy_id, $1, f.name, f.type, f.size, f.sha256, f.step_path, i.copy_content_id
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS i(id, copy_id, copy_content_id)
JOIN execution_file f ON f.id = i.id WHERE f.id = ANY($2::uuid[])`;

const COPY_CHUNKS = /* sql */ `
INSERT INTO execution_file_chunk (content_id, position, execution_id, bytes)
SELECT i.copy_content_id, c.position, $1, c.bytes
FROM unnest($2::uuid[], $3::uuid[]) AS i(content_id, copy_content_id)
JOIN execution_file_chunk c ON c.content_id = i.content_id WHERE c.content_id = ANY($2::uuid[])`;

export function boundsOf(executionId: string): [string, string, string] {
  const { lowest, highest } = idBounds(idTime(executionId));
  return [executionId, lowest, highest];
}

/** Writes a file's row; its content is there. */
export async function putFile(client: PoolClient, file: FileRow): Promise<void> {
  const { id, execution_id, name, type, size, sha256, step_path, content_id } = file;
  await client.query(PUT, [id, execution_id, name, type, size, sha256, step_path, content_id]);
}

export async function addChunk(client: PoolClient, file: FileRow, position: number, bytes: Buffer): Promise<void> {
  await client.query(ADD_CHUNK, [file.content_id, position, file.execution_id, bytes]);
}

/** The files that a new execution finds, of those steps whose results it brings along, and of what started the first. */
export async function copyFiles(
  client: PoolClient,
  from: string,
  to: string,
  stepPaths: ReadonlySet<string>,
): Promise<void> {
  const { rows } = await client.query<FileRow>(FILES_OF, boundsOf(from));
  const kept = rows.filter(({ step_path }) => step_path === null || stepPaths.has(step_path));
  if (kept.length === 0) return;
  const copies = kept.map((file) => ({ file, id: newIdWithin(to), contentId: newIdWithin(to) }));
  const contentIds = copies.map((copy) => copy.contentId);
  await client.query(COPY, [to, kept.map((file) => file.id), copies.map((copy) => copy.id), contentIds]);
  await client.query(COPY_CHUNKS, [to, kept.map((file) => file.content_id), contentIds]);
}
