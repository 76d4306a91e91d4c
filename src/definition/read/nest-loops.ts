import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { formatPath, type Path, type Segment } from '../parse/source.js';
import type { NodeKind, TypeCatalogue } from '../type-catalogue.js';
import { replaceAt } from './read-step.js';

export interface GraphNode {
  readonly id: string;
  readonly subtype: string | null;
  readonly kind: NodeKind | null;
  readonly value: Record<string, unknown>;
  readonly path: Path;
}

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly output: string | null;
  readonly path: Path;
}

const NODE_KEYS: ReadonlySet<string> = new Set(['type', 'subtype', 'parameters', 'config']);

/**
 * The nodes of one scope as steps. A node whose `body` output leads back to it takes the nodes on that way into a scope
 * of its own, again and again for loops inside loops; the connections that are left become dependencies.
 */
export function nestLoops(
  nodes: readonly GraphNode[],
  links: readonly Connection[],
  path: Path,
  catalogue: TypeCatalogue,
  faults: Faults,
): Record<string, unknown>[] {
  const bodies = findBodies(nodes, links, catalogue, faults);
  const inside = new Map<string, string>();
  for (const [loop, body] of bodies) for (const id of body) inside.set(id, loop);
  const own = nodes.filter((node) => !inside.has(node.id));
  const outer = links.filter((link) => isBetween(link, inside, bodies, faults));
  return own.map((node, index) => {
    const at = [...path, index];
    keepOrigins(node, at, faults);
    const step = toStep(node, outer, at, faults);
    const body = bodies.get(node.id);
    if (!body) return step;
    const place = bodyPlace(node, catalogue) ?? ['steps'];
    const within = nodes.filter(({ id }) => body.has(id));
    const between = links.filter(({ from, to }) => body.has(from) && body.has(to));
    const steps = nestLoops(within, between, [...at, 'config', ...place], catalogue, faults);
    return { ...step, config: replaceAt(step['config'] ?? {}, place, steps) };
  });
}

/** The nodes that each outermost loop of the scope holds. */
function findBodies(
  nodes: readonly GraphNode[],
  links: readonly Connection[],
  catalogue: TypeCatalogue,
  faults: Faults,
): Map<string, ReadonlySet<string>> {
  const bodies = new Map<string, ReadonlySet<string>>();
  const taken = new Set<string>();
  for (const node of nodes) {
    const entries = links.filter(({ from, output }) => from === node.id && output === 'body');
    if (taken.has(node.id) || entries.length === 0 || !bodyPlace(node, catalogue)) continue;
    const body = reach(
      entries.map(({ to }) => to),
      node.id,
      links,
    );
    if (!links.some(({ from, to }) => to === node.id && body.has(from))) {
      const hint = `Connect its last node back: {from: …, to: ${node.id}}.`;
      const [first] = entries;
      faults.error('loop_not_closed', first?.path ?? node.path, `The body of "${node.id}" does not lead back.`, {
        hint,
      });
    }
    for (const id of body) {
      taken.add(id);
      bodies.delete(id);
    }
    bodies.set(node.id, body);
  }
  return bodies;
}

function reach(from: readonly string[], loop: string, links: readonly Connection[]): Set<string> {
  const reached = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === loop || reached.has(id)) continue;
    reached.add(id);
    for (const link of links) if (link.from === id) open.push(link.to);
  }
  return reached;
}

/** Whether a connection stays in this scope: not into, out of or within a body. */
function isBetween(
  link: Connection,
  inside: ReadonlyMap<string, string>,
  bodies: ReadonlyMap<string, ReadonlySet<string>>,
  faults: Faults,
): boolean {
  const from = inside.get(link.from);
  const to = inside.get(link.to);
  if (from === undefined && to === undefined) return true;
  const entersBody = to !== undefined && to === link.from && link.output === 'body';
  const leadsBack = from !== undefined && from === link.to;
  if (!entersBody && !leadsBack && from !== to && bodies.has(to ?? '')) {
    const message = `"${link.to}" is inside the loop "${to ?? ''}" and cannot be reached from outside of it.`;
    faults.error('connection_invalid', link.path, message, {
      hint: "Lead to the loop itself, or use its 'body' output.",
    });
  }
  return false;
}

function bodyPlace(node: GraphNode, catalogue: TypeCatalogue): readonly Segment[] | undefined {
  const type = node.subtype === null ? undefined : catalogue.nodeType(node.subtype);
  if (!type?.ports.includes('body')) return undefined;
  const config = configOf(node);
  const scopes = [...type.nested(config), ...type.nested({ ...config, steps: [] })];
  return scopes.find(({ port }) => port === 'body')?.at;
}

function configOf(node: GraphNode): Record<string, unknown> {
  const config = node.value['parameters'] ?? node.value['config'];
  return isPlainObject(config) ? config : {};
}

function toStep(node: GraphNode, links: readonly Connection[], at: Path, faults: Faults): Record<string, unknown> {
  const others = Object.fromEntries(Object.entries(node.value).filter(([key]) => !NODE_KEYS.has(key)));
  const incoming = links.filter(({ to }) => to === node.id);
  incoming.forEach((link, index) => faults.origins.set(formatPath([...at, 'depends_on', index]), link.path));
  const config = node.value['parameters'] ?? node.value['config'];
  return {
    ...others,
    ...(node.subtype !== null && { type: node.subtype }),
    ...(config !== undefined && { config }),
    depends_on: incoming.map(({ from, output }) => (output === null ? from : { step: from, output })),
  };
}

/** Remembers that the step (or trigger) at `path` was written as this node. */
export function keepOrigins(node: GraphNode, path: Path, faults: Faults): void {
  faults.origins.set(formatPath(path), node.path);
  faults.origins.set(formatPath([...path, 'config']), [
    ...node.path,
    'parameters' in node.value ? 'parameters' : 'config',
  ]);
  faults.origins.set(formatPath([...path, 'type']), [...node.path, 'subtype']);
}
