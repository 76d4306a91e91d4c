import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { isConflict, isConnectionLoss } from '../../common/database/pg-errors.js';
import { newIdWithin } from '../../common/ids.js';
import type { FileContent } from '../../nodes/node.contract.js';
import { ChunkedContent, CHUNK_BYTES } from './file-content.js';
import { isFileName, toMediaType } from '../../common/file-name.js';
import { FileNameInvalidError, FileNotFoundError, FileOwnerReplacedError } from './files.errors.js';
import {
  boundsOf,
  DELETE_CHUNKS,
  FILES_OF,
  HOLD_FOR_OWNER,
  putFile,
  READ_CHUNK,
  WRITE_CHUNK,
  type FileRow,
} from './files.statements.js';
import { placeFor, type IfTaken } from './place-file.js';

/** Who writes: an execution's owner, for one of its steps. */
export interface FileOwner {
  readonly executionId: string;
  readonly epoch: number;
  readonly stepPath: string;
}

export interface FileToWrite {
  readonly name: string;
  readonly type: string | undefined;
  readonly content: FileContent;
  readonly ifTaken: IfTaken;
}

const RETRY_PAUSE_MS = 200;

/** The files of executions, in PostgreSQL, in chunks. */
@Injectable()
export class ExecutionFiles {
  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
  ) {}

  /** Oldest first. */
  async list(executionId: string): Promise<FileRow[]> {
    return await this.database.query<FileRow & Record<string, unknown>>(FILES_OF, boundsOf(executionId));
  }

  /** By its name, or by its id. @throws FileNotFoundError */
  async find(executionId: string, nameOrId: string): Promise<FileRow> {
    const files = await this.list(executionId);
    const found = files.find(({ name }) => name === nameOrId) ?? files.find(({ id }) => id === nameOrId);
    if (found === undefined) throw new FileNotFoundError(nameOrId);
    return found;
  }

  /** A chunk at a time, as fast as it is read. Breaks off when the file is replaced or removed meanwhile. */
  async *content(file: FileRow): AsyncGenerator<Buffer> {
    const count = Math.ceil(file.size / CHUNK_BYTES);
    for (let position = 0; position < count; position++) {
      const [chunk] = await this.database.query<{ bytes: Buffer }>(READ_CHUNK, [file.content_id, position]);
      if (chunk === undefined) throw new FileNotFoundError(file.name);
      yield chunk.bytes;
    }
  }

  /**
   * Writes for a step. The content comes first, in statements of its own; then one short transaction under the owner's
   * epoch makes it a file. Outlasts a database that is away until `signal` aborts.
   * @throws FileNameInvalidError, FileExistsError, FileTooLargeError, FilesTooLargeError; FileOwnerReplacedError when
   *   another owner has the execution
   */
  async write(owner: FileOwner, file: FileToWrite, signal: AbortSignal): Promise<FileRow> {
    if (!isFileName(file.name)) throw new FileNameInvalidError(file.name);
    const contentId = newIdWithin(owner.executionId);
    const content = new ChunkedContent(file.content, this.config.fileMaxBytes);
    try {
      let position = 0;
      for await (const bytes of content.chunks()) {
        signal.throwIfAborted();
        const values = [owner.executionId, owner.epoch, contentId, position++, bytes];
        const written = await outlasting(signal, () => this.database.query(WRITE_CHUNK, values));
        if (written.length === 0) throw new FileOwnerReplacedError();
      }
      const { size, sha256 } = content;
      const given = { ...file, type: toMediaType(file.type), size, sha256, contentId };
      return await outlasting(signal, () => this.database.transaction((client) => this.place(client, owner, given)));
    } catch (error) {
      // What is left behind when this fails too goes with the execution.
      await this.database.query(DELETE_CHUNKS, [contentId]).catch(() => undefined);
      throw error;
    }
  }

  private async place(
    client: PoolClient,
    { executionId, epoch, stepPath }: FileOwner,
    given: Pick<FileToWrite, 'name' | 'ifTaken'> & { type: string; size: number; sha256: string; contentId: string },
  ): Promise<FileRow> {
    const held = await client.query(HOLD_FOR_OWNER, [executionId, epoch]);
    if (held.rowCount === 0) throw new FileOwnerReplacedError();
    const { rows: files } = await client.query<FileRow>(FILES_OF, boundsOf(executionId));
    const { name, replaces } = placeFor(files, { ...given, stepPath }, this.config.executionFilesMaxBytes);
    const file: FileRow = {
      id: replaces?.id ?? newIdWithin(executionId),
      execution_id: executionId,
      name,
      type: given.type,
      size: given.size,
      sha256: given.sha256,
      step_path: stepPath,
      content_id: given.contentId,
    };
    await putFile(client, file);
    // Its own content: an earlier commit of this came through unseen.
    if (replaces !== null && replaces.content_id !== file.content_id)
      await client.query(DELETE_CHUNKS, [replaces.content_id]);
    return file;
  }
}

/** Tries again while the database is away. */
async function outlasting<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLoss(error) && !isConflict(error)) throw error;
      await pause(RETRY_PAUSE_MS, undefined, { signal });
    }
  }
}
