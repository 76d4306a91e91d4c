import type { StepDefinition } from './definition.types.js';
import type { Dependency } from './plan.js';
import type { NodeTypeDescription, TypeCatalogue } from './type-catalogue.js';

/**
 * The edges into each step of a scope, by the rule of the definition: without `depends_on` a step depends on the one
 * before it, or, with `is_parallel`, on what that one depends on.
 */
export function dependenciesOf(steps: readonly StepDefinition[], catalogue: TypeCatalogue): Dependency[][] {
  const types = new Map(steps.map((step) => [step.id, catalogue.nodeType(step.type)]));
  const result: Dependency[][] = [];
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (step.depends_on) result.push(explicit(step.depends_on, types));
    else if (!before) result.push([]);
    else if (step.is_parallel) result.push(result[index - 1] ?? []);
    else result.push([{ on: before.id, port: null }]);
  }
  return result;
}

function explicit(
  dependsOn: NonNullable<StepDefinition['depends_on']>,
  types: ReadonlyMap<string, NodeTypeDescription | undefined>,
): Dependency[] {
  const edges = dependsOn.map((item) => {
    if (typeof item === 'string') return { on: item, port: null };
    return { on: item.step, port: normalPort(item.output, types.get(item.step)) };
  });
  return edges.filter(
    ({ on, port }, index) => edges.findIndex((other) => other.on === on && other.port === port) === index,
  );
}

/**
 * A port that is the step's only way on is no condition: null. The body of a loop is not a way on. A case of a switch may
 * be named by its position alone: `0`, `case_0`.
 */
function normalPort(port: string, type: NodeTypeDescription | undefined): string | null {
  const position = /^(?:cases?_)?(\d+)$/.exec(port)?.[1];
  if (position !== undefined && type?.ports.includes('cases[*]')) return `cases[${position}]`;
  const ways = (type?.ports ?? ['out']).filter((name) => name !== 'body');
  return ways.length === 1 && (port === ways[0] || port === 'out' || port === 'done') ? null : port;
}

/** Indexes in topological order, ties in the order written; what lies on a cycle is left out. */
export function topologicalOrder(ids: readonly string[], edges: readonly (readonly Dependency[])[]): number[] {
  const position = new Map(ids.map((id, index) => [id, index]));
  const missing = edges.map((list) => new Set(list.flatMap(({ on }) => position.get(on) ?? [])));
  const next: number[][] = ids.map(() => []);
  for (const [index, from] of missing.entries()) for (const before of from) next[before]?.push(index);
  const ready = missing.flatMap((from, index) => (from.size === 0 ? [index] : []));
  const order: number[] = [];
  while (ready.length > 0) {
    const index = ready.shift() ?? 0;
    order.push(index);
    for (const after of next[index] ?? []) {
      missing[after]?.delete(index);
      if (missing[after]?.size === 0) insertSorted(ready, after);
    }
  }
  return order;
}

function insertSorted(list: number[], value: number): void {
  const at = list.findIndex((item) => item > value);
  list.splice(at < 0 ? list.length : at, 0, value);
}

/** For each step the ids that have ended before it may start, through however many steps. */
export function ancestorsOf(
  ids: readonly string[],
  edges: readonly (readonly Dependency[])[],
  order: readonly number[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const ancestors = new Map<string, Set<string>>();
  for (const index of order) {
    const own = new Set<string>();
    for (const { on } of edges[index] ?? []) {
      own.add(on);
      for (const id of ancestors.get(on) ?? []) own.add(id);
    }
    ancestors.set(ids[index] ?? '', own);
  }
  return ancestors;
}
