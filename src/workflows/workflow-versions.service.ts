import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { decodeCursor, type Page, pageOf } from '../common/page.js';
import { templateReferences } from '../definition/definition.js';
import { type DefinitionDiff, diffDefinitions } from './definition-diff.js';
import { WorkflowDirectory } from './workflow-directory.js';
import { WorkflowRepository, type VersionHead, type VersionRow } from './workflow.repository.js';
import { WorkflowsService } from './workflows.service.js';

export type VersionView = Omit<VersionRow, 'slug' | 'owner_id'>;

/** Reads and compares versions; brings an earlier one back as a new one. */
@Injectable()
export class WorkflowVersionsService {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly directory: WorkflowDirectory,
    private readonly service: WorkflowsService,
  ) {}

  async list(idOrSlug: string, limit: number, cursor: string | undefined, caller: Caller): Promise<Page<VersionHead>> {
    const { id } = await this.directory.get(idOrSlug, caller);
    const before = cursor === undefined ? null : Math.trunc(Number(decodeCursor(cursor))) || 0;
    const rows = await this.workflows.versions(id, before, limit);
    return pageOf(
      rows,
      limit,
      (row) => row.version,
      (row) => row,
    );
  }

  async get(idOrSlug: string, version: number, caller: Caller): Promise<VersionView> {
    const { id } = await this.directory.get(idOrSlug, caller);
    const { workflow_id, definition, source, checksum, created_by, created_at } = await this.workflows.version(
      id,
      version,
    );
    return { workflow_id, version, definition, source, checksum, created_by, created_at };
  }

  async diff(
    idOrSlug: string,
    from: number,
    to: number,
    caller: Caller,
  ): Promise<DefinitionDiff & { from: number; to: number }> {
    const before = await this.get(idOrSlug, from, caller);
    const after = await this.get(idOrSlug, to, caller);
    return { from, to, ...diffDefinitions(before.definition, after.definition) };
  }

  /** History is never rewritten: the restored definition becomes the latest version under a new number. */
  async restore(idOrSlug: string, version: number, ifMatch: readonly number[] | null, caller: Caller) {
    const { definition, source } = await this.get(idOrSlug, version, caller);
    // A text that names step templates is not read again: they are in the definition as they were.
    const isOwn = source !== null && templateReferences(source).length === 0;
    return this.service.change(idOrSlug, { definition: isOwn ? source : { ...definition } }, ifMatch, caller);
  }
}
