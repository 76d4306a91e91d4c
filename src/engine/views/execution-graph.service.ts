import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/api/requires.js';
import { toMermaid } from '../../definition/graph/mermaid.js';
import { planGraph } from '../../definition/graph/plan-graph.js';
import { toSvg } from '../../definition/graph/svg.js';
import { TypeCatalogue } from '../../definition/type-catalogue.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import { ExecutionQueries } from './execution-queries.service.js';

/** The graph of the version that an execution ran, each step with the state of its latest step execution. */
@Injectable()
export class ExecutionGraph {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly plans: WorkflowPlans,
    private readonly catalogue: TypeCatalogue,
  ) {}

  async of(executionId: string, format: 'json' | 'mermaid' | 'svg', caller: Caller): Promise<string | object> {
    const execution = await this.queries.get(executionId, caller);
    const { plan } = await this.plans.get(execution.workflow_id, execution.version);
    const statuses = new Map<string, string>();
    for (const step of execution.step_executions ?? []) {
      statuses.set(step.step_path.replaceAll(/\[\d+\]/g, '[]'), step.status);
    }
    const graph = planGraph(plan, this.catalogue, (path) => statuses.get(path) ?? 'pending');
    if (format === 'mermaid') return toMermaid(graph);
    return format === 'svg' ? toSvg(graph) : graph;
  }
}
