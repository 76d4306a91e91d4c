import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileEntry, type StepFiles } from '../../node.contract.js';

/**
 * Files of the execution on their way into a request: copied to the disk a chunk at a time, and sent from there, so that
 * none is ever held in memory and a redirect can send it again. To be disposed of after the call.
 */
export class SentFiles implements AsyncDisposable {
  private folder: string | null = null;
  private count = 0;

  constructor(private readonly files: Pick<StepFiles, 'read'>) {}

  /** @throws `file_not_found` */
  async open(nameOrId: string, type?: string): Promise<{ blob: Blob; entry: FileEntry }> {
    const { content, ...entry } = await this.files.read(nameOrId);
    this.folder ??= await mkdtemp(join(tmpdir(), 'millrace-send-'));
    const path = join(this.folder, String(++this.count));
    await writeFile(path, content, { mode: 0o600 });
    return { blob: await openAsBlob(path, { type: type ?? entry.type }), entry };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.folder !== null) await rm(this.folder, { recursive: true, force: true });
  }
}
