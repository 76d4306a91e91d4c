import { createHash } from 'node:crypto';
import type { FileContent } from '../../nodes/node.contract.js';
import { FileTooLargeError } from './files.errors.js';

/** Bytes of a row that holds a part of a file. */
export const CHUNK_BYTES = 1024 * 1024;

/** Cuts content into chunks, and counts and hashes it on the way; holds one chunk in memory. */
export class ChunkedContent {
  size = 0;
  private readonly hash = createHash('sha256');

  constructor(
    private readonly content: FileContent,
    private readonly maxBytes: number,
  ) {}

  /** Once all chunks are read. */
  get sha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** @throws FileTooLargeError */
  async *chunks(): AsyncGenerator<Buffer> {
    let gathered: Buffer[] = [];
    let length = 0;
    for await (const part of parts(this.content)) {
      for (let start = 0; start < part.length;) {
        const piece = part.subarray(start, start + CHUNK_BYTES - length);
        start += piece.length;
        length += piece.length;
        gathered.push(this.counted(piece));
        if (length < CHUNK_BYTES) continue;
        yield Buffer.concat(gathered, length);
        gathered = [];
        length = 0;
      }
    }
    if (length > 0) yield Buffer.concat(gathered, length);
  }

  private counted(piece: Buffer): Buffer {
    this.size += piece.length;
    if (this.size > this.maxBytes) throw new FileTooLargeError(this.maxBytes);
    this.hash.update(piece);
    return piece;
  }
}

async function* parts(content: FileContent): AsyncGenerator<Buffer> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  else for await (const part of content) yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}
