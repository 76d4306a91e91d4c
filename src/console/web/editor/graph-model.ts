import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { GraphEdge } from '../graph/graph-data';

/** Where something stands in the text: `['steps', 1, 'config']`. */
export type TextPath = readonly (string | number)[];

export interface EditNode {
  /** Unique in the graph; tells nothing. */
  readonly id: string;
  /** The step's own id. */
  readonly step: string;
  readonly name: string;
  readonly type: string;
  readonly at: TextPath;
  readonly position: { readonly x: number; readonly y: number } | null;
}

export interface EditEdge extends GraphEdge {
  /** Whether it can be taken away: an edge into a nested list follows from where the steps stand. */
  readonly isFixed: boolean;
}

export interface EditGraph {
  readonly spelling: 'steps' | 'nodes';
  readonly nodes: readonly EditNode[];
  readonly edges: readonly EditEdge[];
}

export interface Dependency {
  readonly step: string;
  readonly output: string | null;
}

/** Keys of a step, or of its config, that hold steps. */
const LISTS = ['then', 'else', 'steps', 'default'] as const;

export function readDocument(text: string): Document {
  return parseDocument(text, { keepSourceTokens: false });
}

/** The graph that a text means. What cannot be read is left out; null where there is nothing to read at all. */
export function graphOf(text: string): EditGraph | null {
  const document = readDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return null;
  const root = document.contents;
  if (isSeq(root.get('nodes')) && !root.has('steps')) return nodesGraph(root);
  const nodes: EditNode[] = [];
  const edges: EditEdge[] = [];
  for (const key of ['steps', 'on_failure', 'finally']) readScope(root.get(key), [key], null, null, nodes, edges);
  return { spelling: 'steps', nodes, edges };
}

function readScope(
  list: unknown,
  at: TextPath,
  parent: EditNode | null,
  port: string | null,
  nodes: EditNode[],
  edges: EditEdge[],
): void {
  if (!isSeq(list)) return;
  const steps = list.items.flatMap((item, n) => (isMap(item) ? [{ item, n }] : []));
  const read = steps.map(({ item, n }) => ({ item, node: nodeOf(item, [...at, n]) }));
  const byStep = new Map(read.map(({ node }) => [node.step, node]));
  const dependencies = dependenciesOf(list);
  read.forEach(({ item, node }) => {
    nodes.push(node);
    const known = (dependencies.get(node.step) ?? []).flatMap(({ step, output }) => {
      const from = byStep.get(step);
      return from === undefined ? [] : [{ from: from.id, to: node.id, output, isFixed: false }];
    });
    edges.push(...known);
    if (known.length === 0 && parent !== null)
      edges.push({ from: parent.id, to: node.id, output: port, isFixed: true });
    for (const { list: inner, at: place, port: way } of nestedOf(item, node.at))
      readScope(inner, place, node, way, nodes, edges);
  });
}

function nodeOf(item: YAMLMap, at: TextPath): EditNode {
  const step = textAt(item, 'id') ?? `#${at.join('.')}`;
  return {
    id: at.join('.'),
    step,
    name: textAt(item, 'name') ?? step,
    type: textAt(item, 'type') ?? '',
    at,
    position: positionOf(item),
  };
}

/** What each step of a list waits for, the rule for those that do not say so applied. */
export function dependenciesOf(list: YAMLSeq): ReadonlyMap<string, readonly Dependency[]> {
  const found = new Map<string, readonly Dependency[]>();
  let before: string | null = null;
  for (const item of list.items) {
    if (!isMap(item)) continue;
    const id: string = textAt(item, 'id') ?? '';
    const previous: readonly Dependency[] = before === null ? [] : [{ step: before, output: null }];
    const beside: readonly Dependency[] = before === null ? [] : (found.get(before) ?? []);
    found.set(id, written(item) ?? (item.get('is_parallel') === true ? beside : previous));
    before = id;
  }
  return found;
}

function written(item: YAMLMap): Dependency[] | null {
  const list = item.get('depends_on');
  if (typeof list === 'string') return [{ step: list, output: null }];
  if (!isSeq(list)) return null;
  return list.items.flatMap((each) => {
    if (isScalar(each)) return [{ step: String(each.value), output: null }];
    const step = isMap(each) ? textAt(each, 'step') : null;
    return step === null || !isMap(each) ? [] : [{ step, output: textAt(each, 'output') }];
  });
}

interface Nested {
  readonly list: unknown;
  readonly at: TextPath;
  readonly port: string;
}

function nestedOf(item: YAMLMap, at: TextPath): Nested[] {
  const config = item.get('config');
  const maps: [YAMLMap, TextPath][] = isMap(config)
    ? [
        [item, at],
        [config, [...at, 'config']],
      ]
    : [[item, at]];
  return maps.flatMap(([map, place]) => [
    ...LISTS.map((key) => ({ list: map.get(key), at: [...place, key], port: portOf(key) })),
    ...casesOf(map.get('cases'), [...place, 'cases']),
    ...branchesOf(map.get('branches'), [...place, 'branches']),
  ]);
}

function portOf(key: string): string {
  if (key === 'then') return 'true';
  if (key === 'else') return 'false';
  return key === 'steps' ? 'body' : key;
}

function casesOf(cases: unknown, at: TextPath): Nested[] {
  if (!isSeq(cases)) return [];
  return cases.items.flatMap((each, n) =>
    isMap(each) ? [{ list: each.get('steps'), at: [...at, n, 'steps'], port: `cases[${n}]` }] : [],
  );
}

function branchesOf(branches: unknown, at: TextPath): Nested[] {
  if (isMap(branches))
    return branches.items.map(({ key, value }) => ({ list: value, at: [...at, String(key)], port: String(key) }));
  if (!isSeq(branches)) return [];
  return branches.items.map((each, n) =>
    isMap(each)
      ? { list: each.get('steps'), at: [...at, n, 'steps'], port: textAt(each, 'name') ?? String(n) }
      : { list: each, at: [...at, n], port: String(n) },
  );
}

function nodesGraph(root: YAMLMap): EditGraph {
  const list = root.get('nodes') as YAMLSeq;
  const nodes = list.items.flatMap((item, n): EditNode[] => {
    if (!isMap(item)) return [];
    const node = nodeOf(item, ['nodes', n]);
    return [{ ...node, id: node.step, type: textAt(item, 'subtype') ?? node.type }];
  });
  const connections = root.get('connections');
  const edges = (isSeq(connections) ? connections.items : []).flatMap((each): EditEdge[] => {
    if (!isMap(each)) return [];
    const [from, to] = [textAt(each, 'from'), textAt(each, 'to')];
    return from === null || to === null ? [] : [{ from, to, output: textAt(each, 'output'), isFixed: false }];
  });
  return { spelling: 'nodes', nodes, edges };
}

export function textAt(map: YAMLMap, key: string): string | null {
  const value = map.get(key);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function positionOf(item: YAMLMap): { x: number; y: number } | null {
  const position = item.get('position');
  if (!isMap(position)) return null;
  const [x, y] = [Number(position.get('x')), Number(position.get('y'))];
  return Number.isFinite(x) && Number.isFinite(y) ? { x, y } : null;
}
