import { type ReactNode, useMemo } from 'react';
import { type Translate, translateWord, useT } from '../i18n/i18n';
import { ProblemAlert } from '../ui/problem-alert';
import { Canvas, flowEdges } from './canvas';
import type { GraphData } from './graph-data';
import { type Layout, NODE_HEIGHT, NODE_WIDTH } from './layout';
import type { StepNodeType } from './step-node';
import { useLayout } from './use-layout';

interface Props {
  readonly graph: GraphData;
  readonly statuses?: ReadonlyMap<string, string>;
  readonly selected?: string | null;
  readonly onSelect?: (id: string) => void;
}

/** Those that a person looks for first, when not all of a graph can be shown. */
const URGENT = ['failed', 'timed_out', 'running', 'waiting'];

/** A graph to look at: laid out by ELK, coloured by state. */
export default function Flow({ graph, statuses, selected = null, onSelect }: Props): ReactNode {
  const t = useT();
  const [layout, fault] = useLayout(graph);
  const nodes = useMemo(
    () => (layout === null ? null : nodesOf(t, graph, layout, statuses, selected)),
    [t, graph, layout, statuses, selected],
  );
  const edges = useMemo(() => flowEdges(graph.edges, layout), [graph, layout]);
  if (fault !== null) return <ProblemAlert error={fault} />;
  return (
    <Canvas
      nodes={nodes}
      layout={layout}
      edges={edges}
      selected={selected}
      start={urgent(graph, statuses)}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onFound={(id) => onSelect?.(id)}
      onNodeClick={(_event, node) => onSelect?.(node.id)}
      onSelectionChange={({ nodes: [node] }) => {
        if (node !== undefined && node.id !== selected) onSelect?.(node.id);
      }}
    />
  );
}

function urgent({ nodes }: GraphData, statuses: ReadonlyMap<string, string> | undefined): string | null {
  for (const status of URGENT) {
    const found = nodes.find(({ id }) => statuses?.get(id) === status);
    if (found !== undefined) return found.id;
  }
  return null;
}

function nodesOf(
  t: Translate,
  graph: GraphData,
  { places }: Layout,
  statuses: ReadonlyMap<string, string> | undefined,
  selected: string | null,
): StepNodeType[] {
  const statusOf = ({ id, status }: GraphData['nodes'][number]): string | null => statuses?.get(id) ?? status;
  return graph.nodes
    .map((node) => [node, statusOf(node)] as const)
    .map(([{ id, name, type }, status]) => ({
      id,
      type: 'step',
      position: places.get(id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      selected: id === selected,
      ariaLabel: `${name}, ${type}${status === null ? '' : `, ${translateWord(t, status)}`}`,
      data: { name, type, status },
    }));
}
