import ELK, { type ElkNode } from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { GraphData } from './graph-data';

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 54;

export interface Point {
  readonly x: number;
  readonly y: number;
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.layered.spacing.nodeNodeBetweenLayers': '48',
  'elk.spacing.nodeNode': '32',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  // The order written is the order shown.
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.separateConnectedComponents': 'true',
  // Wide enough that many loose parts stand beside each other.
  'elk.aspectRatio': '1.6',
};

let engine: InstanceType<typeof ELK> | undefined;

/** Where each node stands, by id. Laid out by ELK in a worker, so that a large graph does not hold the page up. */
export async function layout(graph: Pick<GraphData, 'nodes' | 'edges'>): Promise<ReadonlyMap<string, Point>> {
  engine ??= new ELK({ workerUrl });
  const known = new Set(graph.nodes.map(({ id }) => id));
  const root: ElkNode = {
    id: 'root',
    layoutOptions: OPTIONS,
    children: graph.nodes.map(({ id }) => ({ id, width: NODE_WIDTH, height: NODE_HEIGHT })),
    edges: graph.edges
      .filter(({ from, to }) => known.has(from) && known.has(to))
      .map(({ from, to }, n) => ({ id: `e${n}`, sources: [from], targets: [to] })),
  };
  const { children = [] } = await engine.layout(root);
  return new Map(children.map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
}
