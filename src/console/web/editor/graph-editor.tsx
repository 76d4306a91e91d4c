import '@xyflow/react/dist/style.css';
import { Button, Group, Menu, useComputedColorScheme } from '@mantine/core';
import {
  applyNodeChanges,
  Background,
  type Connection,
  Controls,
  type Edge,
  MarkerType,
  type NodeChange,
  ReactFlow,
} from '@xyflow/react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Schemas } from '../api/client';
import { layout, NODE_HEIGHT, NODE_WIDTH, type Point } from '../graph/layout';
import { StepNode, type StepNodeType } from '../graph/step-node';
import { useT } from '../i18n/i18n';
import { connect, disconnect, mayConnect, moveStep, removeStep, addStep } from './graph-edits';
import type { EditGraph, EditNode } from './graph-model';
import type { TextFault } from './yaml-editor';

interface Props {
  readonly graph: EditGraph;
  readonly faults: readonly TextFault[];
  readonly types: readonly Schemas['NodeTypeDto'][];
  readonly selected: string | null;
  readonly statuses: ReadonlyMap<string, string> | null;
  readonly onSelect: (id: string | null) => void;
  readonly onEdit: (change: (text: string, graph: EditGraph) => string) => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}

const NODE_TYPES = { step: StepNode };

/** The graph side: what is done here is written into the text, and the text is what is shown here. */
export default function GraphEditor(props: Props): ReactNode {
  const { graph, faults, types, selected, statuses, onSelect, onEdit, onUndo, onRedo } = props;
  const t = useT();
  const scheme = useComputedColorScheme('light');
  const places = usePlaces(graph);
  const shown = useMemo(
    () => (places === null ? [] : nodesOf(graph, places, faults, selected, statuses)),
    [graph, places, faults, selected, statuses],
  );
  // While one is dragged it is ahead of the text.
  const [nodes, setNodes] = useState(shown);
  useEffect(() => setNodes(shown), [shown]);
  const edges = useMemo(() => edgesOf(graph), [graph]);
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
  return (
    <div className="graph" role="group" aria-label={t('Graph of the steps')}>
      {places !== null && (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
          minZoom={0.05}
          deleteKeyCode={['Delete', 'Backspace']}
          onNodesChange={(changes: NodeChange<StepNodeType>[]) =>
            setNodes((before) => applyNodeChanges(changes, before))
          }
          onNodeDragStop={(_event, node) => {
            const moved = byId.get(node.id);
            if (moved !== undefined) onEdit(moveStep(moved, node.position.x, node.position.y));
          }}
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
          onPaneClick={() => onSelect(null)}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      )}
      <Group gap="xs" className="graph-tools">
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="xs">{t('Add a step')}</Button>
          </Menu.Target>
          <Menu.Dropdown mah={320} className="scrolls">
            {types.map((type) => (
              <Menu.Item key={type.type} onClick={() => onEdit(addStep(type, blankConfig(type), chosen))}>
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
      </Group>
    </div>
  );
}

/** Where each node stands: as written, else where ELK puts it. */
function usePlaces(graph: EditGraph): ReadonlyMap<string, Point> | null {
  const [places, setPlaces] = useState<ReadonlyMap<string, Point> | null>(null);
  const shape = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges]);
  useEffect(() => {
    let isCurrent = true;
    const nodes = graph.nodes.map(({ id, name, type }) => ({ id, name, type, kind: null, status: null }));
    void layout({ nodes, edges: graph.edges }).then((found) => {
      if (isCurrent) setPlaces(found);
    });
    return () => {
      isCurrent = false;
    };
    // What a step does changes nothing about where it stands.
  }, [shape]);
  return useMemo(() => {
    if (places === null) return null;
    const written = graph.nodes.flatMap(({ id, position }) => (position === null ? [] : [[id, position] as const]));
    return new Map([...places, ...written]);
  }, [places, graph]);
}

function nodesOf(
  { nodes }: EditGraph,
  places: ReadonlyMap<string, Point>,
  faults: readonly TextFault[],
  selected: string | null,
  statuses: ReadonlyMap<string, string> | null,
): StepNodeType[] {
  return nodes.map((node) => ({
    id: node.id,
    type: 'step',
    position: places.get(node.id) ?? { x: 0, y: 0 },
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
  }));
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

function edgesOf({ edges }: EditGraph): Edge[] {
  return edges.map(({ from, to, output, isFixed }) => ({
    id: `${from}-${to}-${output ?? ''}`,
    source: from,
    target: to,
    deletable: !isFixed,
    ...(output !== null && { label: output }),
    ...(isFixed && { style: { strokeDasharray: '4 3' } }),
    markerEnd: { type: MarkerType.ArrowClosed },
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
