import type { Plan, PlanStep, Scope } from '../plan.js';
import type { NodeKind, TypeCatalogue } from '../type-catalogue.js';

export interface GraphNode {
  /** The plan path: `fetch`, `check.big`, `each[].save`. */
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly kind: NodeKind | null;
  /** Of an execution's step; null in a workflow's graph and for steps that have none. */
  readonly status: string | null;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** The output port; null when the edge is taken whatever the port. */
  readonly output: string | null;
}

export interface PlanGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** @param statusOf the status of a step by its plan path, for an execution's graph. */
export function planGraph(
  plan: Plan,
  catalogue: TypeCatalogue,
  statusOf: (planPath: string) => string | null = () => null,
): PlanGraph {
  const nodes = [...plan.steps.values()].map((step) => ({
    id: step.path,
    type: step.type,
    name: step.name,
    kind: catalogue.nodeType(step.type)?.kind ?? null,
    status: statusOf(step.path),
  }));
  const scopes = [plan.main, plan.onFailure, plan.finally].filter((scope) => scope !== null);
  return { nodes, edges: scopes.flatMap((scope) => edgesOf(scope)) };
}

function edgesOf(scope: Scope): GraphEdge[] {
  const paths = new Map(scope.steps.map((step) => [step.id, step.path]));
  return scope.steps.flatMap((step) => [
    ...step.dependsOn.flatMap(({ on, port }) => {
      const from = paths.get(on);
      return from === undefined ? [] : [{ from, to: step.path, output: port }];
    }),
    ...Object.values(step.scopes).flatMap((inner) => [...entries(step, inner), ...edgesOf(inner)]),
  ]);
}

/** A step leads into its scopes by the port of the same meaning. */
function entries(step: PlanStep, scope: Scope): GraphEdge[] {
  const roots = scope.steps.filter((inner) => inner.dependsOn.length === 0);
  return roots.map((inner) => ({ from: step.path, to: inner.path, output: portOf(scope.name) }));
}

function portOf(scope: string): string {
  if (scope === 'then') return 'true';
  if (scope === 'else') return 'false';
  return scope.replace(/^branches\./, '');
}
