import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { Repository } from 'typeorm';
import { Database } from '../common/database/database.js';
import { isUniqueViolation } from '../common/database/pg-errors.js';
import { isId, newId } from '../common/ids.js';
import type { Definition } from '../definition/definition.js';
import { checksumOf } from './definition-checksum.js';
import { slugCandidate, slugOf } from './slug.js';
import { WorkflowEntity } from './workflow.entity.js';
import { statesBefore, type WorkflowStatus } from './workflow-status.js';
import * as sql from './workflow.sql.js';
import {
  RevisionMismatchError,
  SlugTakenError,
  VersionNotFoundError,
  WorkflowNotFoundError,
  WorkflowStateError,
} from './workflows.errors.js';

export interface WorkflowRow {
  id: string;
  slug: string;
  name: string;
  description: string;
  status: WorkflowStatus;
  version: number;
  deployed_version: number | null;
  revision: number;
  tags: string[];
  owner_id: string | null;
  is_template: boolean;
  definition: Definition;
}

export interface WorkflowWithCounts extends WorkflowRow {
  created_at: Date;
  updated_at: Date;
  executions: number;
  completed: number;
  failed: number;
  last_executed: Date | null;
  last_status: string | null;
}

export interface VersionRow {
  workflow_id: string;
  slug: string;
  owner_id: string | null;
  version: number;
  definition: Definition;
  source: string | null;
  checksum: string;
  created_by: string | null;
  created_at: Date;
}
export type VersionHead = Omit<VersionRow, 'definition' | 'source' | 'slug' | 'owner_id'>;

export interface NewWorkflow {
  name: string;
  /** null: made from the name, with a number behind it when it is taken. */
  slug: string | null;
  description: string;
  tags: readonly string[];
  ownerId: string | null;
  isTemplate: boolean;
  definition: Definition;
  source: string | null;
  createdBy: string;
}

/** What a change leaves as it is may be left out. */
export interface WorkflowChange {
  name?: string;
  slug?: string;
  description?: string;
  tags?: readonly string[];
  ownerId?: string | null;
  isTemplate?: boolean;
  status?: WorkflowStatus;
  /** Becomes a new version when it differs from the latest. */
  definition?: Definition;
  source?: string | null;
}

export interface WorkflowFilter {
  ownerId: string | null;
  statuses: readonly string[] | null;
  tags: readonly string[] | null;
  text: string | null;
  isTemplate: boolean | null;
}

const SLUG_TRIES = 100;
/** PostgreSQL's `integer`. */
const MAX_INTEGER = 2_147_483_647;

@Injectable()
export class WorkflowRepository {
  constructor(
    @InjectRepository(WorkflowEntity) private readonly workflows: Repository<WorkflowEntity>,
    private readonly database: Database,
  ) {}

  /** @throws WorkflowNotFoundError */
  async find(idOrSlug: string): Promise<WorkflowEntity> {
    const found = await this.workflows.findOneBy(isId(idOrSlug) ? { id: idOrSlug } : { slug: idOrSlug });
    if (found === null) throw new WorkflowNotFoundError(idOrSlug);
    return found;
  }

  /** @throws WorkflowNotFoundError */
  async findWithCounts(idOrSlug: string): Promise<WorkflowWithCounts> {
    const column = isId(idOrSlug) ? 'w.id' : 'w.slug';
    const rows = await this.database.query<WorkflowWithCounts>(`${sql.WORKFLOW_WITH_COUNTS} WHERE ${column} = $1`, [
      idOrSlug,
    ]);
    if (rows[0] === undefined) throw new WorkflowNotFoundError(idOrSlug);
    return rows[0];
  }

  /** Newest first; one row more than `limit`, to see whether there is a next page. */
  list(filter: WorkflowFilter, before: string | null, limit: number): Promise<WorkflowWithCounts[]> {
    const pattern = filter.text === null ? null : `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`;
    const values = [before, filter.ownerId, filter.statuses, filter.tags, pattern, filter.isTemplate, limit + 1];
    return this.database.query<WorkflowWithCounts>(sql.LIST_WORKFLOWS, values);
  }

  /** @throws SlugTakenError when the slug was given and is taken */
  insert(workflow: NewWorkflow): Promise<string> {
    return this.database.transaction(async (client) => {
      const id = newId();
      await this.insertUnderFreeSlug(client, id, workflow);
      const { definition, source, createdBy } = workflow;
      await client.query(sql.INSERT_VERSION, [
        id,
        1,
        JSON.stringify(definition),
        source,
        checksumOf(definition),
        createdBy,
      ]);
      return id;
    });
  }

  private async insertUnderFreeSlug(client: PoolClient, id: string, workflow: NewWorkflow): Promise<void> {
    const { name, description, tags, ownerId, isTemplate } = workflow;
    const base = slugOf(name);
    const numbered = Array.from({ length: SLUG_TRIES }, (_, n) => slugCandidate(base, n));
    const candidates = workflow.slug === null ? [...numbered, `${base}-${id}`] : [workflow.slug];
    for (const slug of candidates) {
      const result = await client.query(sql.INSERT_WORKFLOW, [id, slug, name, description, tags, ownerId, isTemplate]);
      if (result.rowCount === 1) return;
    }
    throw new SlugTakenError(candidates[0] ?? base);
  }

  /**
   * Changes a workflow under its row lock.
   * @param expected the revisions that the client's `If-Match` names; null: any.
   * @throws WorkflowNotFoundError, RevisionMismatchError, SlugTakenError
   */
  change(
    id: string,
    expected: readonly number[] | null,
    createdBy: string,
    decide: (row: WorkflowRow) => WorkflowChange | Promise<WorkflowChange>,
  ): Promise<void> {
    return this.database.transaction(async (client) => {
      const row = await this.lock(client, id, expected);
      const change = await decide(row);
      const next = { ...row, version: await this.addVersion(client, row, change, createdBy) };
      await this.update(client, next, change);
    });
  }

  private async addVersion(
    client: PoolClient,
    row: WorkflowRow & { checksum: string },
    change: WorkflowChange,
    by: string,
  ) {
    if (change.definition === undefined) return row.version;
    const checksum = checksumOf(change.definition);
    if (checksum === row.checksum) {
      // No new version; but comments that were written are not lost.
      if (typeof change.source === 'string')
        await client.query(sql.UPDATE_SOURCE, [row.id, row.version, change.source]);
      return row.version;
    }
    const version = row.version + 1;
    await client.query(sql.INSERT_VERSION, [
      row.id,
      version,
      JSON.stringify(change.definition),
      change.source ?? null,
      checksum,
      by,
    ]);
    return version;
  }

  private async update(client: PoolClient, row: WorkflowRow, change: WorkflowChange): Promise<void> {
    const ownerId = change.ownerId === undefined ? row.owner_id : change.ownerId;
    const values = [
      row.id,
      change.slug ?? row.slug,
      change.name ?? row.name,
      change.description ?? row.description,
      row.version,
    ];
    const rest = [change.tags ?? row.tags, ownerId, change.isTemplate ?? row.is_template, change.status ?? row.status];
    try {
      await client.query(sql.UPDATE_WORKFLOW, [...values, ...rest]);
    } catch (error) {
      if (isUniqueViolation(error)) throw new SlugTakenError(change.slug ?? row.slug);
      throw error;
    }
  }

  /** @throws WorkflowNotFoundError, RevisionMismatchError */
  async lock(
    client: PoolClient,
    id: string,
    expected: readonly number[] | null,
  ): Promise<WorkflowRow & { checksum: string }> {
    await client.query(sql.LOCK_WORKFLOW, [id]);
    const { rows } = await client.query<WorkflowRow & { checksum: string }>(sql.LOCKED_WORKFLOW, [id]);
    const row = rows[0];
    if (row === undefined) throw new WorkflowNotFoundError(id);
    if (expected !== null && !expected.includes(row.revision)) throw new RevisionMismatchError(row.revision);
    return row;
  }

  /** @throws WorkflowNotFoundError */
  async keep(client: PoolClient, id: string): Promise<WorkflowStatus> {
    const { rows } = await client.query<{ status: WorkflowStatus }>(sql.KEEP_WORKFLOW, [id]);
    if (rows[0] === undefined) throw new WorkflowNotFoundError(id);
    return rows[0].status;
  }

  /** Runs `check` under the row lock, then deletes; versions, triggers and deployments go with the row. */
  remove(id: string, expected: readonly number[] | null, check: (use: { deployed: boolean; busy: boolean }) => void) {
    return this.database.transaction(async (client) => {
      await this.lock(client, id, expected);
      const result = await client.query<{ deployed: boolean; busy: boolean }>(sql.WORKFLOW_IN_USE, [id]);
      check(result.rows[0] ?? { deployed: false, busy: false });
      await client.query('DELETE FROM workflow WHERE id = $1', [id]);
    });
  }

  /** @throws WorkflowNotFoundError, WorkflowStateError */
  async moveStatus(client: PoolClient, id: string, to: WorkflowStatus): Promise<void> {
    const result = await client.query(sql.MOVE_STATUS, [id, to, statesBefore(to)]);
    if (result.rowCount === 1) return;
    const rows = await client.query<{ status: WorkflowStatus }>('SELECT status FROM workflow WHERE id = $1', [id]);
    const current = rows.rows[0]?.status;
    if (current === undefined) throw new WorkflowNotFoundError(id);
    if (current !== to) throw new WorkflowStateError(current, to);
  }

  async idsOf(ownerId: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(sql.IDS_OF_OWNER, [ownerId]);
    return rows.map((row) => row.id);
  }

  /** @throws WorkflowNotFoundError */
  async setDeployedVersion(client: PoolClient, id: string, version: number | null): Promise<void> {
    const result = await client.query(sql.SET_DEPLOYED_VERSION, [id, version]);
    if (result.rowCount === 0) throw new WorkflowNotFoundError(id);
  }

  /** @throws VersionNotFoundError */
  async version(id: string, version: number): Promise<VersionRow> {
    const [row] = version > MAX_INTEGER ? [] : await this.database.query<VersionRow>(sql.FIND_VERSION, [id, version]);
    if (row === undefined) throw new VersionNotFoundError(id, version);
    return row;
  }

  /** Newest first; one row more than `limit`. */
  versions(id: string, before: number | null, limit: number): Promise<VersionHead[]> {
    return this.database.query<VersionHead>(sql.LIST_VERSIONS, [id, before, limit + 1]);
  }
}
