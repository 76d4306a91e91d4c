import type { PoolClient } from 'pg';
import { gather } from '../../common/gather.js';
import { newIdWithin } from '../../common/ids.js';
import type { AcceptedFile } from '../engine.contract.js';
import { ChunkedContent } from './file-content.js';
import { toFileName, toMediaType } from '../../common/file-name.js';
import { addChunk, putFile, type FileRow } from './files.statements.js';
import { placeFor } from './place-file.js';

/** A file that came with what starts an execution, ready for the transaction that accepts it. */
export interface PreparedFile {
  readonly row: FileRow;
  readonly chunks: readonly Buffer[];
}

/**
 * Ids are given here, so that the transaction may be tried again. Names become such as may be, and differ.
 * @throws FileTooLargeError, FilesTooLargeError
 */
export async function prepareFiles(
  executionId: string,
  files: readonly AcceptedFile[],
  limits: { readonly fileMaxBytes: number; readonly executionFilesMaxBytes: number },
): Promise<PreparedFile[]> {
  const prepared: PreparedFile[] = [];
  for (const given of files) {
    const content = new ChunkedContent(given.content, limits.fileMaxBytes);
    const chunks = await gather(content.chunks());
    const { size, sha256 } = content;
    const wanted = { name: toFileName(given.name), size, stepPath: null, ifTaken: 'rename' } as const;
    const { name } = placeFor(
      prepared.map(({ row }) => row),
      wanted,
      limits.executionFilesMaxBytes,
    );
    const ids = {
      id: given.id ?? newIdWithin(executionId),
      execution_id: executionId,
      content_id: newIdWithin(executionId),
    };
    prepared.push({ row: { ...ids, name, type: toMediaType(given.type), size, sha256, step_path: null }, chunks });
  }
  return prepared;
}

/** In the transaction that writes the execution; repeated with the same files it changes nothing. */
export async function addFilesWithin(client: PoolClient, files: readonly PreparedFile[]): Promise<void> {
  for (const { row, chunks } of files) {
    for (const [position, bytes] of chunks.entries()) await addChunk(client, row, position, bytes);
    await putFile(client, row);
  }
}
