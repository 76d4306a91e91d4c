import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { isUniqueViolation } from '../../common/database/pg-errors.js';
import { isId, newId } from '../../common/ids.js';
import type { TemplateParameter } from '../../definition/templates/step-template.js';
import * as sql from './node-template.sql.js';
import {
  NodeTemplateExistsError,
  NodeTemplateNotFoundError,
  NodeTemplateVersionError,
} from './node-templates.errors.js';

export interface NodeTemplateRow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly parameters: Record<string, TemplateParameter>;
  readonly steps: unknown[];
  readonly created_by: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export type NodeTemplateContent = Pick<NodeTemplateRow, 'description' | 'parameters' | 'steps'>;

/** What a reference came to; without a version of that number `version` is null. */
export interface ReferencedRow {
  readonly name: string;
  readonly latest: number;
  readonly version: number | null;
  readonly parameters: Record<string, TemplateParameter>;
  readonly steps: unknown[];
}

const MAX_INTEGER = 2_147_483_647;

@Injectable()
export class NodeTemplateRepository {
  constructor(private readonly database: Database) {}

  /** @param version null: the latest. @throws NodeTemplateNotFoundError */
  async find(idOrName: string, version: number | null): Promise<NodeTemplateRow> {
    const values = [isId(idOrName) ? idOrName : null, idOrName, version];
    const isPossible = version === null || version <= MAX_INTEGER;
    const [row] = isPossible ? await this.database.query<NodeTemplateRow>(sql.FIND_TEMPLATE, values) : [];
    if (row === undefined) throw new NodeTemplateNotFoundError(idOrName, version);
    return row;
  }

  /** By name; one row more than `limit`. */
  list(after: string | null, text: string | null, limit: number): Promise<NodeTemplateRow[]> {
    const pattern = text === null ? null : `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    return this.database.query<NodeTemplateRow>(sql.LIST_TEMPLATES, [after, pattern, limit + 1]);
  }

  /** Newest first; one row more than `limit`. */
  versions(id: string, before: number | null, limit: number): Promise<NodeTemplateRow[]> {
    return this.database.query<NodeTemplateRow>(sql.LIST_VERSIONS, [id, before, limit + 1]);
  }

  referenced(references: readonly { name: string; version: number | null }[]): Promise<ReferencedRow[]> {
    return this.database.query<ReferencedRow>(sql.FIND_REFERENCED, [
      references.map(({ name }) => name),
      references.map(({ version }) => version),
    ]);
  }

  /** @throws NodeTemplateExistsError */
  async insert(name: string, version: number, content: NodeTemplateContent, createdBy: string): Promise<void> {
    const id = newId();
    try {
      await this.database.transaction(async (client) => {
        await client.query(sql.INSERT_TEMPLATE, [id, name, version]);
        await client.query(sql.INSERT_VERSION, versionValues(id, version, content, createdBy));
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new NodeTemplateExistsError(name);
      throw error;
    }
  }

  /** @param version null: the next one. @throws NodeTemplateNotFoundError, NodeTemplateVersionError */
  addVersion(id: string, version: number | null, content: NodeTemplateContent, createdBy: string): Promise<void> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<{ version: number }>(sql.LOCK_TEMPLATE, [id]);
      const latest = rows[0]?.version;
      if (latest === undefined) throw new NodeTemplateNotFoundError(id, null);
      const next = version ?? latest + 1;
      if (next <= latest) throw new NodeTemplateVersionError(next, latest);
      await client.query(sql.INSERT_VERSION, versionValues(id, next, content, createdBy));
      await client.query(sql.MOVE_LATEST, [id, next]);
    });
  }

  async remove(id: string): Promise<void> {
    await this.database.query(sql.DELETE_TEMPLATE, [id]);
  }
}

function versionValues(id: string, version: number, content: NodeTemplateContent, createdBy: string): unknown[] {
  const { description, parameters, steps } = content;
  return [id, version, description, JSON.stringify(parameters), JSON.stringify(steps), createdBy];
}
