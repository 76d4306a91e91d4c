import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { type Fan, fansOf } from './fans';
import type { GraphEdge } from './graph-data';
import { optionsFor } from './layout-options';

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 54;
/** A step of a fan with the room around it. */
const CELL = { width: NODE_WIDTH + 24, height: NODE_HEIGHT + 28 };

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** Where each node stands, by id. */
  readonly places: ReadonlyMap<string, Point>;
  /** How each edge runs, by `edgeId`; all of a fan's run as one. */
  readonly routes: ReadonlyMap<string, readonly Point[]>;
  readonly frames: readonly Frame[];
  /** The frame that a step stands in. */
  readonly frameOf: ReadonlyMap<string, string>;
}

/** What stands around a fan. */
export interface Frame extends Point {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** As much of a graph as its layout depends on. */
export interface Drawn {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly GraphEdge[];
}

export function edgeId({ from, to, output }: GraphEdge): string {
  return `${from}-${to}-${output ?? ''}`;
}

let engine: InstanceType<typeof ELK> | undefined;

/** Laid out by ELK in a worker, so that a large graph does not hold the page up. */
export async function layout(graph: Drawn): Promise<Layout> {
  engine ??= new ELK({ workerUrl });
  const known = new Set(graph.nodes.map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const fans = fansOf([...known], edges);
  const frameOf = new Map(fans.flatMap(({ id, members }) => members.map((member) => [member, id] as const)));
  const { children = [], edges: routed = [] } = await engine.layout(elkGraph([...known], edges, fans, frameOf));
  const places = new Map<string, Point>(children.map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
  const frames = fans.map((fan) => ({ id: fan.id, ...sizeOf(fan), ...(places.get(fan.id) ?? { x: 0, y: 0 }) }));
  for (const fan of fans) spread(fan, places);
  return { places, frames, frameOf, routes: new Map(routed.map((edge) => [edge.id, pointsOf(edge)])) };
}

/** The same edge, between frames where its steps stand in some. */
export function framed<E extends GraphEdge>(edge: E, frameOf: ReadonlyMap<string, string>): E {
  return { ...edge, from: frameOf.get(edge.from) ?? edge.from, to: frameOf.get(edge.to) ?? edge.to };
}

/** A fan is one large node of it. */
function elkGraph(
  nodes: readonly string[],
  edges: readonly GraphEdge[],
  fans: readonly Fan[],
  frameOf: Layout['frameOf'],
): ElkNode {
  const shown = [...new Set(nodes.map((id) => frameOf.get(id) ?? id))];
  const sizes = new Map(fans.map((fan) => [fan.id, sizeOf(fan)]));
  const joined = new Map(edges.map((edge) => framed(edge, frameOf)).map((edge) => [edgeId(edge), edge]));
  return {
    id: 'root',
    layoutOptions: optionsFor(shown, [...joined.values()]),
    children: shown.map((id) => ({ id, ...(sizes.get(id) ?? { width: NODE_WIDTH, height: NODE_HEIGHT }) })),
    edges: [...joined].map(([id, { from, to }]) => ({ id, sources: [from], targets: [to] })),
  };
}

function sizeOf({ members, columns }: Fan): { width: number; height: number } {
  return { width: columns * CELL.width, height: Math.ceil(members.length / columns) * CELL.height };
}

/** Its steps in rows, in the place that the layout has left for all of them. */
function spread({ id, members, columns }: Fan, places: Map<string, Point>): void {
  const { x, y } = places.get(id) ?? { x: 0, y: 0 };
  places.delete(id);
  members.forEach((member, n) => {
    const [column, row] = [n % columns, Math.floor(n / columns)];
    places.set(member, {
      x: x + column * CELL.width + (CELL.width - NODE_WIDTH) / 2,
      y: y + row * CELL.height + (CELL.height - NODE_HEIGHT) / 2,
    });
  });
}

function pointsOf({ sections = [] }: ElkExtendedEdge): Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
}
