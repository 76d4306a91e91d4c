import { Injectable } from '@nestjs/common';
import { gather } from '../../common/gather.js';
import {
  bringFiles,
  filesNamedIn,
  withFiles,
  type BroughtFile,
  type BroughtFiles,
} from '../../engine/files/brought-files.js';
import { ExecutionFiles } from '../../engine/files/execution-files.service.js';
import type { Occurrence } from './occurrence.row.js';

export interface ReplayedPayload {
  readonly payload: unknown;
  readonly files: BroughtFiles | undefined;
}

/** What an occurrence brought is brought again: its files are copied, and the payload names the copies. */
@Injectable()
export class ReplayedFiles {
  constructor(private readonly files: ExecutionFiles) {}

  /** Files that went with their execution are named no longer. */
  async of({ payload, execution_id: executionId }: Occurrence): Promise<ReplayedPayload> {
    const named = filesNamedIn(payload);
    if (named.size === 0) return { payload, files: undefined };
    const all = executionId === null ? [] : await this.files.list(executionId);
    const there = all.filter(({ id }) => named.has(id));
    const copies = [];
    for (const file of there) {
      const content = Buffer.concat(await gather(this.files.content(file)));
      copies.push({ name: file.name, type: file.type, content });
    }
    const files = bringFiles(copies);
    const byId = new Map(there.map(({ id }, index) => [id, files.shown[index] as BroughtFile]));
    return { payload: withFiles(payload, byId), files };
  }
}
