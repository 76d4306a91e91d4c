import type { GraphEdge } from './graph-data';

/** Steps between the same steps: which of them is which tells nobody anything. */
export interface Fan {
  readonly id: string;
  readonly members: readonly string[];
  readonly columns: number;
}

type Ends = Pick<GraphEdge, 'from' | 'to'>;

/** From so many on they stand in rows instead of beside each other. */
const MANY = 12;
/** Width by height of the block, and of a cell. */
const RATIO = 1.6;
const CELL_RATIO = 2.6;

export function fansOf(nodes: readonly string[], edges: readonly Ends[]): Fan[] {
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  for (const { from, to } of edges) {
    before.set(to, [...(before.get(to) ?? []), from]);
    after.set(from, [...(after.get(from) ?? []), to]);
  }
  const alike = new Map<string, string[]>();
  for (const id of nodes) {
    const [ins, outs] = [before.get(id) ?? [], after.get(id) ?? []];
    if (ins.length + outs.length === 0) continue;
    const key = JSON.stringify([ins.toSorted(), outs.toSorted()]);
    alike.set(key, [...(alike.get(key) ?? []), id]);
  }
  return [...alike.values()]
    .filter((members) => members.length >= MANY)
    .map((members, n) => ({
      id: `fan:${n}`,
      members,
      columns: Math.ceil(Math.sqrt((members.length * RATIO) / CELL_RATIO)),
    }));
}
