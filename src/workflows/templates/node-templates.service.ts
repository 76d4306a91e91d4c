import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { noteBefore } from '../../common/api/audit.js';
import type { Caller } from '../../common/api/requires.js';
import { decodeCursor, type Page, pageOf } from '../../common/page.js';
import type { TemplateParameter } from '../../definition/templates/step-template.js';
import { TypeCatalogue } from '../../definition/type-catalogue.js';
import { templateFaults } from './check-template.js';
import type { NewNodeTemplateBody, NodeTemplateBody } from './node-template.dto.js';
import { type NodeTemplateContent, NodeTemplateRepository, type NodeTemplateRow } from './node-template.repository.js';
import { NodeTemplateInvalidError } from './node-templates.errors.js';
import { UsedTemplates } from './used-templates.js';

/** Step templates and their versions, which never change. All callers share them. */
@Injectable()
export class NodeTemplatesService {
  constructor(
    private readonly templates: NodeTemplateRepository,
    private readonly used: UsedTemplates,
    private readonly catalogue: TypeCatalogue,
  ) {}

  async list(limit: number, cursor: string | undefined, text: string | undefined): Promise<Page<NodeTemplateRow>> {
    const after = cursor === undefined ? null : String(decodeCursor(cursor));
    const rows = await this.templates.list(after, text ?? null, limit);
    return pageOf(rows, limit, ({ name }) => name, same);
  }

  /** @param version undefined: the latest. @throws NodeTemplateNotFoundError */
  get(idOrName: string, version?: string): Promise<NodeTemplateRow> {
    return this.templates.find(idOrName, version === undefined ? null : Number(version));
  }

  async versions(idOrName: string, limit: number, cursor: string | undefined): Promise<Page<NodeTemplateRow>> {
    const { id } = await this.templates.find(idOrName, null);
    const before = cursor === undefined ? null : Math.trunc(Number(decodeCursor(cursor))) || 0;
    return pageOf(await this.templates.versions(id, before, limit), limit, ({ version }) => version, same);
  }

  /** @throws NodeTemplateExistsError 409, NodeTemplateInvalidError 422 */
  async create(body: NewNodeTemplateBody, caller: Caller): Promise<NodeTemplateRow> {
    const content = contentOf(body);
    const version = body.version ?? 1;
    await this.check(body.name, version, content);
    await this.templates.insert(body.name, version, content, caller.actor);
    return this.get(body.name);
  }

  /** A new version when something differs from the latest. @throws as `create`; NodeTemplateVersionError 409 */
  async change(idOrName: string, body: NodeTemplateBody, caller: Caller): Promise<NodeTemplateRow> {
    const found = await this.templates.find(idOrName, null);
    noteBefore(caller, found);
    const content = contentOf(body, found);
    const { description, parameters, steps } = found;
    if (isDeepStrictEqual(content, { description, parameters, steps })) return found;
    await this.check(found.name, body.version ?? found.version + 1, content);
    await this.templates.addVersion(found.id, body.version ?? null, content, caller.actor);
    return this.get(found.id);
  }

  /** What was made with it stays as it is. */
  async remove(idOrName: string, caller: Caller): Promise<void> {
    const found = await this.templates.find(idOrName, null);
    noteBefore(caller, found);
    await this.templates.remove(found.id);
  }

  private async check(name: string, version: number, content: NodeTemplateContent): Promise<void> {
    const others = await this.used.in(content.steps);
    const faults = templateFaults({ name, version, ...content }, others, this.catalogue);
    if (faults.length > 0) throw new NodeTemplateInvalidError(faults);
  }
}

/** A description that is left out stays. */
function contentOf(
  { description, parameters, steps }: NodeTemplateBody,
  before?: NodeTemplateRow,
): NodeTemplateContent {
  const plain = JSON.parse(JSON.stringify({ parameters: parameters ?? {}, steps })) as {
    parameters: Record<string, TemplateParameter>;
    steps: unknown[];
  };
  return { description: description ?? before?.description ?? '', ...plain };
}

function same(row: NodeTemplateRow): NodeTemplateRow {
  return row;
}
