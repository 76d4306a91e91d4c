import { AppError } from '../../common/errors/app-error.js';
import type { FileContent, FileEntry, StepFiles, WriteOptions } from '../../nodes/node.contract.js';
import type { ExecutionFiles, FileOwner } from './execution-files.service.js';
import type { FileRow } from './files.statements.js';

/** A file as the API and node types show it. */
export function toFileEntry({ id, execution_id, name, type, size, sha256, step_path }: FileRow): FileEntry {
  return { id, name, type, size, sha256, step_path, url: fileUrl(execution_id, id) };
}

export function fileUrl(executionId: string, id: string): string {
  return `/api/v1/executions/${executionId}/files/${id}`;
}

/** The files of an execution as one of its steps reaches them. */
export class OwnedFiles implements StepFiles {
  constructor(
    private readonly files: ExecutionFiles,
    private readonly owner: FileOwner,
    /** Takes secrets out of text. */
    private readonly redact: (text: string) => string,
  ) {}

  async list(): Promise<FileEntry[]> {
    return (await this.files.list(this.owner.executionId)).map(toFileEntry);
  }

  async read(nameOrId: string): Promise<FileEntry & { content: AsyncIterable<Buffer> }> {
    const file = await this.files.find(this.owner.executionId, nameOrId);
    return { ...toFileEntry(file), content: this.files.content(file) };
  }

  async write(name: string, content: FileContent, options: WriteOptions): Promise<FileEntry> {
    const { type, ifTaken = 'fail', signal } = options;
    const file = {
      name: this.redact(name),
      type,
      content: typeof content === 'string' ? this.redact(content) : content,
      ifTaken,
    };
    return toFileEntry(await this.files.write(this.owner, file, signal));
  }
}

/** Of steps without effects. */
export const NO_FILES: StepFiles = { list: refuse, read: refuse, write: refuse };

function refuse(): never {
  throw new AppError({ code: 'internal', message: 'A step without effects reaches no files.' });
}
