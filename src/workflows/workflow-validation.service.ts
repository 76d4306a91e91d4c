import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { planGraph } from '../definition/graph/plan-graph.js';
import { toMermaid } from '../definition/graph/mermaid.js';
import { toSvg } from '../definition/graph/svg.js';
import { planSummary } from '../definition/definition.js';
import { TypeCatalogue } from '../definition/type-catalogue.js';
import { Definitions } from './definitions.service.js';
import { slugOf } from './slug.js';
import { withName, type WorkflowInput } from './workflow-body.js';
import { WorkflowDirectory } from './workflow-directory.js';
import { WorkflowPlans } from './workflow-plans.js';
import { BodyInvalidError } from './workflows.errors.js';

export type GraphFormat = 'json' | 'mermaid' | 'svg';

/** Says what a definition compiles to: its faults, or its plan and graph. */
@Injectable()
export class WorkflowValidation {
  constructor(
    private readonly definitions: Definitions,
    private readonly directory: WorkflowDirectory,
    private readonly plans: WorkflowPlans,
    private readonly catalogue: TypeCatalogue,
  ) {}

  async validate({ definition, name }: WorkflowInput) {
    if (definition === undefined) {
      throw new BodyInvalidError([
        { path: 'definition', code: 'field_required', message: 'There is no definition to validate.' },
      ]);
    }
    const { plan, errors, warnings } = await this.definitions.read(withName(definition, name));
    const valid = errors.length === 0 && plan !== null;
    if (!valid) return { valid, errors, warnings, plan: null, slug: null };
    return { valid, errors, warnings, plan: planSummary(plan), slug: slugOf(plan.name) };
  }

  /** @param version null: the latest */
  async graph(idOrSlug: string, version: number | null, format: GraphFormat, caller: Caller): Promise<string | object> {
    const found = await this.directory.get(idOrSlug, caller);
    const { plan } = await this.plans.get(found.id, version ?? found.version);
    const graph = planGraph(plan, this.catalogue);
    if (format === 'mermaid') return toMermaid(graph);
    return format === 'svg' ? toSvg(graph) : graph;
  }
}
