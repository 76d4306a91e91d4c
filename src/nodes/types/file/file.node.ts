import type { Fault } from '../../../common/errors/app-error.js';
import { gather } from '../../../common/gather.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { NodeError } from '../../nodes.errors.js';
import { decode, encode, TYPES } from './file-format.js';
import { FileConfig, OPERATIONS } from './file.config.js';

/** Bytes of a file that is read into an output: more cannot be one. */
const MOST_READ = 16 * 1024 * 1024;

export class FileNode extends NodeType<FileConfig> {
  readonly type = 'file';
  readonly kind = 'ACTION';
  readonly title = 'File';
  readonly description = "Reads, writes or lists the execution's files.";
  readonly config = FileConfig;

  effect(): 'idempotent' {
    return 'idempotent';
  }

  override faults({ operation, name, content }: FileConfig): readonly Fault[] {
    const faults: Fault[] = [];
    const need = (path: string): number =>
      faults.push({ path, code: 'field_required', message: `operation ${operation} needs ${path}` });
    const refuse = (path: string): number =>
      faults.push({ path, code: 'value_invalid', message: `operation ${operation} takes no ${path}` });
    // It may still be a template.
    if (!OPERATIONS.includes(operation)) return faults;
    if (operation === 'list' && name !== undefined) refuse('name');
    if (operation !== 'list' && name === undefined) need('name');
    if (operation === 'write' && content === undefined) need('content');
    if (operation !== 'write' && content !== undefined) refuse('content');
    return faults;
  }

  async execute(ctx: NodeContext<FileConfig>): Promise<NodeOutcome> {
    if (ctx.config.operation === 'list') return await list(ctx);
    return ctx.config.operation === 'read' ? await read(ctx) : await write(ctx);
  }
}

async function list({ files }: NodeContext<FileConfig>): Promise<NodeOutcome> {
  const all = await files.list();
  return done({ files: all, count: all.length });
}

async function read({ config, files }: NodeContext<FileConfig>): Promise<NodeOutcome> {
  const { content, ...file } = await files.read(config.name ?? '');
  if (file.size > MOST_READ) {
    throw new NodeError('output_too_large', `The file has ${file.size} bytes; an output may have ${MOST_READ}`);
  }
  const bytes = Buffer.concat(await gather(content));
  return done({ ...file, content: decode(bytes, config.format) });
}

async function write({ config, files, signal }: NodeContext<FileConfig>): Promise<NodeOutcome> {
  const { name = '', format, overwrite, type = TYPES[format] } = config;
  const content = encode(config.content, format);
  return done(await files.write(name, content, { type, ifTaken: overwrite ? 'replace' : 'fail', signal }));
}
