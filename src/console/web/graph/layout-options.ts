import type { GraphEdge } from './graph-data';

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  // All edges of a node leave it, and reach it, at its middle.
  'elk.layered.mergeEdges': 'true',
  'elk.layered.spacing.nodeNodeBetweenLayers': '56',
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.spacing.nodeNode': '32',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  // The order written is the order shown.
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.separateConnectedComponents': 'true',
  // Wide enough that many loose parts stand beside each other.
  'elk.aspectRatio': '1.6',
};

/** A chain is cut into columns: nobody can look at a ribbon. */
const FOLDED = {
  ...OPTIONS,
  'elk.layered.wrapping.strategy': 'MULTI_EDGE',
  'elk.layered.wrapping.additionalEdgeSpacing': '24',
  // As good where little stands beside each other, and many times as fast.
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
};

/** From so many steps behind each other on, if it is so many times as long as wide, a graph is folded. */
const LONG = 20;
const RIBBON = 4;

type Ends = Pick<GraphEdge, 'from' | 'to'>;

export function optionsFor(nodes: readonly string[], edges: readonly Ends[]): Record<string, string> {
  const { depth, width } = shapeOf(nodes, edges);
  return depth >= LONG && depth > RIBBON * width ? FOLDED : OPTIONS;
}

/** How many steps stand behind each other, and how many beside each other at most. Edges that lead back do not count. */
export function shapeOf(nodes: readonly string[], edges: readonly Ends[]): { depth: number; width: number } {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const waits = new Map(nodes.map((id) => [id, 0]));
  for (const { to } of edges) waits.set(to, (waits.get(to) ?? 0) + 1);
  const layers = new Map(nodes.map((id) => [id, 0]));
  const ready = nodes.filter((id) => waits.get(id) === 0);
  for (const id of ready) {
    for (const to of next.get(id) ?? []) {
      layers.set(to, Math.max(layers.get(to) ?? 0, (layers.get(id) ?? 0) + 1));
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  const sizes = new Map<number, number>();
  for (const layer of layers.values()) sizes.set(layer, (sizes.get(layer) ?? 0) + 1);
  return { depth: sizes.size, width: Math.max(0, ...sizes.values()) };
}
