import type { ArmedTrigger } from '../trigger.contract.js';

interface Node {
  readonly fixed: Map<string, Node>;
  parameter: Node | null;
  readonly targets: Map<string, Target>;
}

interface Target {
  readonly trigger: ArmedTrigger;
  readonly names: readonly string[];
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly trigger: ArmedTrigger; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other_method'; readonly allow: readonly string[]; readonly triggers: readonly ArmedTrigger[] };

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const emptyNode = (): Node => ({ fixed: new Map(), parameter: null, targets: new Map() });

/** Public paths of this replica. Plain text goes before a parameter. */
export class RouteTable {
  private root = emptyNode();

  clear(): void {
    this.root = emptyNode();
  }

  add(method: string, path: string, trigger: ArmedTrigger): void {
    const names: string[] = [];
    let node = this.root;
    for (const segment of path.split('/')) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        node = node.parameter ??= emptyNode();
      } else {
        let next = node.fixed.get(segment);
        if (next === undefined) node.fixed.set(segment, (next = emptyNode()));
        node = next;
      }
    }
    node.targets.set(method, { trigger, names });
  }

  /** @param segments decoded. null: no route has this path. */
  match(method: string, segments: readonly string[]): RouteMatch | null {
    const values: string[] = [];
    const others = new Map<string, ArmedTrigger>();
    const target = search(this.root, segments, 0, method, values, others);
    if (target !== null) {
      const params =
        values.length === 0
          ? NO_PARAMS
          : Object.fromEntries(target.names.map((name, index) => [name, values[index] ?? '']));
      return { kind: 'found', trigger: target.trigger, params };
    }
    if (others.size === 0) return null;
    return { kind: 'other_method', allow: [...others.keys()].sort(), triggers: [...new Set(others.values())] };
  }
}

function search(
  node: Node,
  segments: readonly string[],
  depth: number,
  method: string,
  values: string[],
  others: Map<string, ArmedTrigger>,
): Target | null {
  const segment = segments[depth];
  if (segment === undefined) {
    const target = node.targets.get(method);
    if (target === undefined) for (const [other, { trigger }] of node.targets) others.set(other, trigger);
    return target ?? null;
  }
  const fixed = node.fixed.get(segment);
  const found = fixed === undefined ? null : search(fixed, segments, depth + 1, method, values, others);
  if (found !== null || node.parameter === null) return found;
  values.push(segment);
  const deeper = search(node.parameter, segments, depth + 1, method, values, others);
  if (deeper === null) values.pop();
  return deeper;
}
