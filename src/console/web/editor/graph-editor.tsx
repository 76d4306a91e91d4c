import { Button, Menu } from '@mantine/core';
import { applyEdgeChanges, applyNodeChanges, type Connection, type NodeChange } from '@xyflow/react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Schemas } from '../api/client';
import { Canvas, flowEdges } from '../graph/canvas';
import { type Layout, NODE_HEIGHT, NODE_WIDTH, type Point } from '../graph/layout';
import type { RoutedEdgeType } from '../graph/routed-edge';
import type { StepNodeType } from '../graph/step-node';
import { useLayout } from '../graph/use-layout';
import { useT } from '../i18n/i18n';
import { addStep, connect, disconnect, freeId, mayConnect, moveStep, removeStep } from './graph-edits';
import type { EditGraph, EditNode } from './graph-model';
import type { TextFault } from './yaml-editor';

interface Props {
  readonly graph: EditGraph;
  readonly faults: readonly TextFault[];
  readonly types: readonly Schemas['NodeTypeDto'][];
  readonly selected: string | null;
  readonly statuses: ReadonlyMap<string, string> | null;
  readonly onSelect: (id: string | null) => void;
  /** Of the new step's own id. */
  readonly onAdd: (step: string) => void;
  readonly onEdit: (change: (text: string, graph: EditGraph) => string) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}

/** The graph side: what is done here is written into the text, and the text is what is shown here. */
export default function GraphEditor(props: Props): ReactNode {
  const { graph, faults, types, selected, statuses, onSelect, onAdd, onEdit, onUndo, onRedo } = props;
  const t = useT();
  const [layout] = useLayout(graph);
  const places = useMemo(() => placesOf(graph, layout), [graph, layout]);
  const shown = useMemo(
    () => (places === null ? null : nodesOf(graph, places, faults, selected, statuses)),
    [graph, places, faults, selected, statuses],
  );
  // While one is dragged it is ahead of the text.
  const [nodes, setNodes] = useState(shown);
  useEffect(() => setNodes(shown), [shown]);
  const drawn = useMemo(() => edgesOf(graph, layout), [graph, layout]);
  const [edges, setEdges] = useState(drawn);
  useEffect(() => setEdges(drawn), [drawn]);
  const byId = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const chosen = selected === null ? null : (byId.get(selected) ?? null);
  const pair = (from: string, to: string): [EditNode, EditNode] | null => {
    const [a, b] = [byId.get(from), byId.get(to)];
    return a === undefined || b === undefined || !mayConnect(a, b, graph) ? null : [a, b];
  };
  const link = ({ source, target }: Connection): void => {
    const found = pair(source, target);
    if (found !== null) onEdit(connect(...found, portFor(found[0], graph, types)));
  };
  const change = (changes: NodeChange<StepNodeType>[]): void => {
    setNodes((before) => before && applyNodeChanges(changes, before));
    // Dropped, or moved by the arrow keys.
    for (const each of changes) {
      if (each.type !== 'position' || each.dragging === true || each.position === undefined) continue;
      const [moved, before] = [byId.get(each.id), places?.get(each.id)];
      if (moved === undefined || (before !== undefined && isSame(before, each.position))) continue;
      onEdit(moveStep(moved, each.position.x, each.position.y));
    }
  };
  return (
    <Canvas
      nodes={nodes}
      layout={layout}
      edges={edges}
      selected={selected}
      deleteKeyCode={['Delete', 'Backspace']}
      onFound={onSelect}
      onNodesChange={change}
      onEdgesChange={(changes) => setEdges((before) => applyEdgeChanges(changes, before))}
      onNodesDelete={([gone]) => {
        const node = gone === undefined ? undefined : byId.get(gone.id);
        if (node !== undefined) onEdit(removeStep(node));
      }}
      onEdgesDelete={([gone]) => {
        const found = gone === undefined ? null : pair(gone.source, gone.target);
        if (found !== null) onEdit(disconnect(...found));
      }}
      onConnect={link}
      isValidConnection={({ source, target }) => pair(source, target) !== null}
      onNodeClick={(_event, { id }) => onSelect(id)}
      onSelectionChange={({ nodes: [node] }) => {
        if (node !== undefined && node.id !== selected) onSelect(node.id);
      }}
      onPaneClick={() => onSelect(null)}
      tools={
        <>
          <Menu position="bottom-start">
            <Menu.Target>
              <Button size="xs">{t('Add a step')}</Button>
            </Menu.Target>
            <Menu.Dropdown mah={320} className="scrolls">
              {types.map((type) => (
                <Menu.Item
                  key={type.type}
                  onClick={() => {
                    onEdit(addStep(type, blankConfig(type), chosen));
                    onAdd(freeId(type.type, graph));
                  }}
                >
                  {type.title}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Button size="xs" variant="default" onClick={onUndo}>
            {t('Undo')}
          </Button>
          <Button size="xs" variant="default" onClick={onRedo}>
            {t('Redo')}
          </Button>
        </>
      }
    />
  );
}

function isSame(a: Point, b: Point): boolean {
  return Math.round(a.x) === Math.round(b.x) && Math.round(a.y) === Math.round(b.y);
}

/** Where each node stands: as written, else where the layout puts it. Null before the first layout. */
function placesOf({ nodes }: EditGraph, layout: Layout | null): ReadonlyMap<string, Point> | null {
  if (layout === null) return null;
  const written = nodes.flatMap(({ id, position }) => (position === null ? [] : [[id, position] as const]));
  return new Map([...layout.places, ...written]);
}

function nodesOf(
  { nodes }: EditGraph,
  places: ReadonlyMap<string, Point>,
  faults: readonly TextFault[],
  selected: string | null,
  statuses: ReadonlyMap<string, string> | null,
): StepNodeType[] {
  return nodes.flatMap((node): StepNodeType[] => {
    const position = places.get(node.id);
    // A new one shows when it has been laid out.
    if (position === undefined) return [];
    return [
      {
        id: node.id,
        type: 'step',
        position,
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        selected: node.id === selected,
        ariaLabel: `${node.name}, ${node.type}`,
        data: {
          name: node.name,
          type: node.type,
          status: statuses?.get(node.step) ?? null,
          faults: faultsOf(node, nodes, faults),
          isEditable: true,
        },
      },
    ];
  });
}

/** Those at this step and at no step inside of it. */
function faultsOf(node: EditNode, nodes: readonly EditNode[], faults: readonly TextFault[]): string[] {
  const own = written(node);
  const inner = nodes.map(written).filter((path) => path !== own && path.startsWith(own));
  return faults
    .filter(({ path }) => isAt(path, own) && !inner.some((each) => isAt(path, each)))
    .map(({ message, hint }) => `${message} ${hint ?? ''}`);
}

function isAt(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);
}

/** As the API writes paths: `steps[1].config`. */
function written({ at }: EditNode): string {
  return at.map((each, n) => (typeof each === 'number' ? `[${each}]` : n === 0 ? each : `.${each}`)).join('');
}

function edgesOf({ edges }: EditGraph, layout: Layout | null): RoutedEdgeType[] {
  return flowEdges(edges, layout, ({ isFixed }) => ({
    deletable: !isFixed,
    ...(isFixed && { style: { strokeDasharray: '4 3' } }),
  }));
}

/** In the spelling of nodes, a condition leads on by a named way: the first that is free. */
function portFor(from: EditNode, graph: EditGraph, types: readonly Schemas['NodeTypeDto'][]): string | null {
  if (graph.spelling !== 'nodes') return null;
  const ports = types.find(({ type }) => type === from.type)?.ports ?? [];
  const taken = new Set(graph.edges.filter((edge) => edge.from === from.id).map(({ output }) => output));
  return ports.length > 1 ? (ports.find((port) => !taken.has(port)) ?? ports[0] ?? null) : null;
}

interface ConfigSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<
    Record<string, { default?: unknown; examples?: readonly unknown[]; type?: string; enum?: readonly unknown[] }>
  >;
}

/** What the type cannot do without, to be filled in. */
function blankConfig({ schema, type }: Schemas['NodeTypeDto']): object {
  const { required = [], properties = {} } = schema as ConfigSchema;
  const blank = (name: string): unknown => {
    const field = properties[name] ?? {};
    if (name === 'steps' || name === 'then') return [{ id: `${type}_inner`, type: 'log', config: { message: '' } }];
    const first = field.examples?.[0] ?? field.default ?? field.enum?.[0];
    if (first !== undefined) return first;
    return { array: [], object: {}, boolean: false, integer: 1, number: 1 }[field.type ?? ''] ?? '';
  };
  return Object.fromEntries(required.map((name) => [name, blank(name)]));
}
