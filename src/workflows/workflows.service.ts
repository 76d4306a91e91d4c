import { Injectable } from '@nestjs/common';
import { noteBefore } from '../common/api/audit.js';
import { maySee, scopeOwner } from '../common/api/owner.js';
import type { Caller } from '../common/api/requires.js';
import { decodeIdCursor, type Page, pageOf } from '../common/page.js';
import type { Definition } from '../definition/definition.js';
import { Definitions } from './definitions.service.js';
import { withName, type WorkflowInput } from './workflow-body.js';
import { viewOf, type WorkflowView } from './workflow-view.js';
import {
  type WorkflowChange,
  WorkflowRepository,
  type WorkflowRow,
  type WorkflowWithCounts,
} from './workflow.repository.js';
import {
  BodyInvalidError,
  NotATemplateError,
  WorkflowBusyError,
  WorkflowDeployedError,
  WorkflowNotFoundError,
} from './workflows.errors.js';

export interface WorkflowSearch {
  limit: number;
  cursor?: string;
  owner_id?: string;
  status?: readonly string[];
  tags?: readonly string[];
  q?: string;
  is_template?: boolean;
}

/** Creates, finds, changes and removes workflows. Every method takes the caller, who may see only its owner's. */
@Injectable()
export class WorkflowsService {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly definitions: Definitions,
  ) {}

  async create(input: WorkflowInput, caller: Caller): Promise<WorkflowView> {
    if (input.definition === undefined) {
      throw new BodyInvalidError([
        { path: 'definition', code: 'field_required', message: 'A workflow needs a definition.' },
      ]);
    }
    const read = await this.definitions.readValid(withName(input.definition, input.name));
    const id = await this.workflows.insert({
      name: input.name ?? read.plan.name,
      slug: input.slug ?? null,
      description: input.description ?? read.definition.description ?? '',
      tags: input.tags ?? [],
      ownerId: scopeOwner(caller) ?? input.owner_id ?? caller.ownerId,
      isTemplate: input.is_template ?? false,
      definition: read.definition,
      source: read.source,
      createdBy: caller.actor,
    });
    return viewOf(await this.workflows.findWithCounts(id));
  }

  async get(idOrSlug: string, caller: Caller): Promise<WorkflowView & { revision: number }> {
    return withRevision(await this.visible(idOrSlug, caller));
  }

  async list(search: WorkflowSearch, caller: Caller): Promise<Page<WorkflowView>> {
    const filter = {
      ownerId: scopeOwner(caller) ?? search.owner_id ?? null,
      statuses: search.status ?? null,
      tags: search.tags ?? null,
      text: search.q ?? null,
      isTemplate: search.is_template ?? null,
    };
    const before = decodeIdCursor(search.cursor);
    const rows = await this.workflows.list(filter, before, search.limit);
    return pageOf(rows, search.limit, (row) => row.id, viewOf);
  }

  /** What a PUT or PATCH leaves out stays as it is; a definition that differs becomes a new version. */
  async change(idOrSlug: string, input: WorkflowInput, ifMatch: readonly number[] | null, caller: Caller) {
    const found = await this.visible(idOrSlug, caller);
    noteBefore(caller, viewOf(found));
    const change = await this.changeOf(input, found, caller);
    await this.workflows.change(found.id, ifMatch, caller.actor, () => change);
    return this.get(found.id, caller);
  }

  private async changeOf(input: WorkflowInput, found: WorkflowRow, caller: Caller): Promise<WorkflowChange> {
    const { name, slug, description, tags, owner_id, is_template, definition } = input;
    const ownerId = scopeOwner(caller) === null ? owner_id : undefined;
    const change: WorkflowChange = { name, slug, description, tags, ownerId, isTemplate: is_template };
    if (definition === undefined) return change;
    const read = await this.definitions.readValid(withName(definition, name ?? found.name));
    return { ...change, name: name ?? read.plan.name, definition: read.definition, source: read.source };
  }

  /**
   * Rewrites the latest definition under the row lock. `edit` gets a copy.
   * @throws DefinitionInvalidError (422) when what comes out is not valid
   */
  async editDefinition(
    idOrSlug: string,
    ifMatch: readonly number[] | null,
    caller: Caller,
    edit: (definition: Definition) => Definition,
  ): Promise<WorkflowView> {
    const found = await this.visible(idOrSlug, caller);
    noteBefore(caller, viewOf(found));
    await this.workflows.change(found.id, ifMatch, caller.actor, async (row) => {
      const { definition } = await this.definitions.readValid({ ...edit(structuredClone(row.definition)) });
      return { definition };
    });
    return this.get(found.id, caller);
  }

  /** @throws WorkflowDeployedError, WorkflowBusyError (409) */
  async remove(idOrSlug: string, ifMatch: readonly number[] | null, caller: Caller): Promise<void> {
    const found = await this.visible(idOrSlug, caller);
    noteBefore(caller, viewOf(found));
    await this.workflows.remove(found.id, ifMatch, (use) => {
      if (use.deployed) throw new WorkflowDeployedError();
      if (use.busy) throw new WorkflowBusyError();
    });
  }

  /** A workflow of its own, made from a template. @throws NotATemplateError (409) */
  async instantiate(idOrSlug: string, name: string, variables: Record<string, unknown>, caller: Caller) {
    const template = await this.visible(idOrSlug, caller);
    if (!template.is_template) throw new NotATemplateError(idOrSlug);
    const own = template.definition.variables;
    const definition = { ...template.definition, name, variables: { ...own, ...variables } };
    return this.create({ name, description: template.description, tags: template.tags, definition }, caller);
  }

  /** @throws WorkflowNotFoundError also when the caller may not see it */
  async visible(idOrSlug: string, caller: Caller): Promise<WorkflowWithCounts> {
    const row = await this.workflows.findWithCounts(idOrSlug);
    if (!maySee(caller, row.owner_id)) throw new WorkflowNotFoundError(idOrSlug);
    return row;
  }
}

function withRevision(row: WorkflowWithCounts): WorkflowView & { revision: number } {
  return { ...viewOf(row), revision: row.revision };
}
