import { didYouMean } from '../did-you-mean.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { formatPath, type Path } from '../parse/source.js';
import type { NodeKind, TypeCatalogue } from '../type-catalogue.js';
import { text, readFields, wrongType } from './fields.js';
import { type Connection, type GraphNode, keepOrigins, nestLoops } from './nest-loops.js';

const KINDS: readonly NodeKind[] = [
  'TRIGGER',
  'AI_AGENT',
  'EXTERNAL_ACTION',
  'ACTION',
  'FLOW',
  'HUMAN_LOOP',
  'TOOL',
  'MEMORY',
];
const CONNECTION = { from: text(200), to: text(200), output: text(100) };

/** Turns the nodes-with-connections spelling into the steps spelling; `faults.origins` keeps where things stood. */
export function fromNodes(
  value: Record<string, unknown>,
  catalogue: TypeCatalogue,
  faults: Faults,
): Record<string, unknown> {
  const { nodes, connections, ...rest } = value;
  if (!Array.isArray(nodes)) wrongType('a list of nodes', nodes, ['nodes'], faults);
  const written: unknown[] = Array.isArray(nodes) ? nodes : [];
  const graph = readNodes(written, catalogue, faults);
  const links = readConnections(connections ?? [], graph, faults);
  const triggers = graph.filter((node) => node.kind === 'TRIGGER');
  const steps = graph.filter((node) => node.kind !== 'TRIGGER');
  const triggerIds = new Set(triggers.map((node) => node.id));
  const inner = links.filter(({ from }) => !triggerIds.has(from));
  reportUnreachable(steps, links, triggers.length > 0, faults);
  const nested = nestLoops(steps, inner, ['steps'], catalogue, faults);
  const own = Array.isArray(rest['triggers']) ? (rest['triggers'] as unknown[]) : [];
  triggers.forEach((node, index) => keepOrigins(node, ['triggers', index], faults));
  own.forEach((_, index) => faults.origins.set(formatPath(['triggers', triggers.length + index]), ['triggers', index]));
  const all = [...triggers.map((node) => toTrigger(node)), ...own];
  return { ...rest, steps: nested, ...(all.length > 0 && { triggers: all }) };
}

function readNodes(nodes: readonly unknown[], catalogue: TypeCatalogue, faults: Faults): GraphNode[] {
  const seen = new Set<string>();
  return nodes.flatMap((value, index) => {
    const path = ['nodes', index];
    if (!isPlainObject(value)) {
      wrongType('a node', value, path, faults);
      return [];
    }
    const id = value['id'];
    if (typeof id !== 'string') {
      faults.error('field_required', [...path, 'id'], 'A node needs "id".');
      return [];
    }
    if (seen.has(id)) {
      faults.error('id_duplicate', [...path, 'id'], `Two nodes have the id "${id}".`, { hint: 'Ids are unique.' });
      return [];
    }
    seen.add(id);
    const subtype = typeof value['subtype'] === 'string' ? value['subtype'] : null;
    return [{ id, subtype, kind: readKind(value, subtype, path, catalogue, faults), value, path }];
  });
}

function readKind(
  value: Record<string, unknown>,
  subtype: string | null,
  path: Path,
  catalogue: TypeCatalogue,
  faults: Faults,
): NodeKind | null {
  if (subtype === null) {
    faults.error('field_required', [...path, 'subtype'], 'A node needs "subtype".', {
      hint: 'The step type, e.g. subtype: http.',
    });
  }
  const expected = subtype === null ? undefined : catalogue.nodeType(subtype)?.kind;
  const type = value['type'];
  if (typeof type !== 'string') {
    faults.error('field_required', [...path, 'type'], 'A node needs "type".', { hint: `One of: ${KINDS.join(', ')}.` });
    return expected ?? null;
  }
  const kind = KINDS.find((known) => known === type.toUpperCase());
  if (!kind) {
    const hint = didYouMean(type, KINDS) ?? `One of: ${KINDS.join(', ')}.`;
    faults.error('value_invalid', [...path, 'type'], `"${type}" is not a kind of node.`, { hint });
    return expected ?? null;
  }
  if (kind !== 'TRIGGER' && expected !== undefined && kind !== expected) {
    const message = `A node of subtype "${subtype ?? ''}" is of type ${expected}, not ${kind}.`;
    faults.error('kind_mismatch', [...path, 'type'], message, { hint: `type: ${expected}` });
  }
  return kind;
}

function readConnections(value: unknown, nodes: readonly GraphNode[], faults: Faults): Connection[] {
  if (!Array.isArray(value)) {
    wrongType('a list of connections', value, ['connections'], faults);
    return [];
  }
  const ids = new Map(nodes.map((node) => [node.id, node]));
  return value.flatMap((item: unknown, index) => {
    const path = ['connections', index];
    if (!isPlainObject(item)) {
      wrongType('a connection', item, path, faults);
      return [];
    }
    const read = readFields(item, path, CONNECTION, 'A connection', faults);
    const ends = ['from', 'to'].map((end) => connectionEnd(end, read, item, path, ids, faults));
    const [from, to] = ends;
    if (!from || !to) return [];
    if (to.kind === 'TRIGGER') {
      faults.error('connection_invalid', [...path, 'to'], `"${to.id}" is a trigger: nothing leads to it.`);
      return [];
    }
    return [{ from: from.id, to: to.id, output: (read['output'] as string | undefined) ?? null, path }];
  });
}

function connectionEnd(
  end: string,
  read: Record<string, unknown>,
  written: Record<string, unknown>,
  path: Path,
  ids: ReadonlyMap<string, GraphNode>,
  faults: Faults,
): GraphNode | undefined {
  const id = read[end];
  if (typeof id !== 'string') {
    if (written[end] === undefined || written[end] === null) {
      faults.error('field_required', [...path, end], `A connection needs "${end}".`);
    }
    return undefined;
  }
  const node = ids.get(id);
  if (node) return node;
  const hint = didYouMean(id, ids.keys()) ?? `Known are: ${[...ids.keys()].slice(0, 20).join(', ')}.`;
  faults.error('connection_unknown', [...path, end], `There is no node "${id}".`, { hint });
  return undefined;
}

/** Where there are triggers, a node that nothing leads to would never have been meant to run. */
function reportUnreachable(
  steps: readonly GraphNode[],
  links: readonly Connection[],
  hasTriggers: boolean,
  faults: Faults,
): void {
  if (!hasTriggers) return;
  const reached = new Set(links.map(({ to }) => to));
  for (const node of steps) {
    if (reached.has(node.id)) continue;
    const hint = `Connect it: {from: …, to: ${node.id}}.`;
    faults.error('step_unreachable', node.path, `Nothing leads to the node "${node.id}".`, { hint });
  }
}

const TRIGGER_KEYS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'subtype',
  'parameters',
  'config',
  'name',
  'disabled',
]);

function toTrigger(node: GraphNode): Record<string, unknown> {
  const { value } = node;
  const others = Object.fromEntries(Object.entries(value).filter(([key]) => !TRIGGER_KEYS.has(key)));
  return {
    ...others,
    type: node.subtype,
    name: value['name'] ?? node.id,
    config: value['parameters'] ?? value['config'],
    ...(value['disabled'] === true && { is_enabled: false }),
  };
}
