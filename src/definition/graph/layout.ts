import type { PlanGraph } from './plan-graph.js';

export const BOX = { width: 180, height: 48, gapX: 40, gapY: 56, margin: 24 } as const;

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The upper left corner of each node's box. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
}

/** Layers from top to bottom: a node stands below everything that leads to it; within a layer, in the plan's order. */
export function layOut(graph: PlanGraph): Layout {
  const layers: string[][] = [];
  for (const [id, layer] of depths(graph)) (layers[layer] ??= []).push(id);
  const widest = Math.max(1, ...layers.map((layer) => layer.length));
  const width = widest * (BOX.width + BOX.gapX) - BOX.gapX;
  const places = new Map<string, { x: number; y: number }>();
  for (const [row, layer] of layers.entries()) {
    const left = (width - (layer.length * (BOX.width + BOX.gapX) - BOX.gapX)) / 2;
    for (const [column, id] of layer.entries()) {
      places.set(id, {
        x: BOX.margin + left + column * (BOX.width + BOX.gapX),
        y: BOX.margin + row * (BOX.height + BOX.gapY),
      });
    }
  }
  const height = layers.length * (BOX.height + BOX.gapY) - BOX.gapY;
  return { width: width + 2 * BOX.margin, height: Math.max(height, 0) + 2 * BOX.margin, places };
}

/** The longest way to each node. The plan has no cycles, so a step settles once all that lead to it have. */
function depths({ nodes, edges }: PlanGraph): ReadonlyMap<string, number> {
  const depth = new Map(nodes.map(({ id }) => [id, 0]));
  const waiting = new Map(nodes.map(({ id }) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const ready = nodes.flatMap(({ id }) => (waiting.get(id) === 0 ? [id] : []));
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const to of next.get(id) ?? []) {
      depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  return depth;
}
