/** As `/workflows/{id}/graph` and `/executions/{id}/graph` give it. Ids are step paths: `each[].save` is in `each`. */
export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly kind: string | null;
  readonly status: string | null;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly output: string | null;
}

export interface GraphData {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The step of the definition that a step path belongs to: every pass of a loop shows at the same node. */
export function nodeOfPath(stepPath: string): string {
  return stepPath.replaceAll(/\[\d+\]/g, '[]');
}
