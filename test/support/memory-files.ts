import { gather } from '../../src/common/gather.js';
import type { FileContent, FileEntry, StepFiles } from '../../src/nodes/node.contract.js';
import { ChunkedContent } from '../../src/engine/files/file-content.js';

/** An execution's files in a test: kept in memory, each write replaces. */
export class MemoryFiles implements StepFiles {
  readonly contents = new Map<string, { entry: FileEntry; bytes: Buffer }>();

  list(): Promise<FileEntry[]> {
    return Promise.resolve([...this.contents.values()].map(({ entry }) => entry));
  }

  async read(nameOrId: string): Promise<FileEntry & { content: AsyncIterable<Buffer> }> {
    const found = this.contents.get(nameOrId);
    if (found === undefined) throw new Error(`no file ${nameOrId}`);
    const content = new ChunkedContent(found.bytes, Infinity).chunks();
    return Promise.resolve({ ...found.entry, content });
  }

  async write(name: string, content: FileContent, { type }: { type?: string | undefined }): Promise<FileEntry> {
    const chunked = new ChunkedContent(content, Infinity);
    const bytes = Buffer.concat(await gather(chunked.chunks()));
    const { size, sha256 } = chunked;
    const entry = {
      id: name,
      name,
      type: type ?? 'application/octet-stream',
      size,
      sha256,
      step_path: 'step',
      url: '',
    };
    this.contents.set(name, { entry, bytes });
    return entry;
  }
}
