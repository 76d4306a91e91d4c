import '@xyflow/react/dist/style.css';
import { useComputedColorScheme } from '@mantine/core';
import { Background, Controls, type Edge, MarkerType, MiniMap, ReactFlow } from '@xyflow/react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { useT } from '../i18n/i18n';
import { ProblemAlert } from '../ui/problem-alert';
import { toneOf } from '../ui/status';
import type { GraphData } from './graph-data';
import { layout, NODE_HEIGHT, NODE_WIDTH, type Point } from './layout';
import { StepNode, type StepNodeType } from './step-node';

interface Props {
  readonly graph: GraphData;
  readonly statuses?: ReadonlyMap<string, string>;
  readonly selected?: string | null;
  readonly onSelect?: (id: string) => void;
}

const NODE_TYPES = { step: StepNode };
/** From here on an overview helps. */
const MANY = 12;
const TONE_COLORS: Readonly<Record<string, string>> = {
  good: '#40c057',
  busy: '#339af0',
  waiting: '#fd7e14',
  bad: '#fa5252',
};

/** A graph to look at: laid out by ELK, coloured by state. */
export default function Flow({ graph, statuses, selected = null, onSelect }: Props): ReactNode {
  const t = useT();
  const scheme = useComputedColorScheme('light');
  const [places, fault] = useLayout(graph);
  const nodes = useMemo(() => nodesOf(graph, places, statuses, selected), [graph, places, statuses, selected]);
  const edges = useMemo(() => edgesOf(graph), [graph]);
  if (fault !== null) return <ProblemAlert error={fault} />;
  return (
    <div className="graph" role="group" aria-label={t('Graph of the steps')}>
      {places !== null && (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
          minZoom={0.05}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          onNodeClick={(_event, node) => onSelect?.(node.id)}
          onSelectionChange={({ nodes: [node] }) => {
            if (node !== undefined && node.id !== selected) onSelect?.(node.id);
          }}
          onlyRenderVisibleElements={graph.nodes.length > 100}
        >
          <Background />
          <Controls showInteractive={false} />
          {graph.nodes.length > MANY && (
            <MiniMap
              pannable
              zoomable
              nodeColor={(node) => TONE_COLORS[toneOf((node as StepNodeType).data.status)] ?? '#868e96'}
            />
          )}
        </ReactFlow>
      )}
    </div>
  );
}

function useLayout(graph: GraphData): [ReadonlyMap<string, Point> | null, unknown] {
  const [places, setPlaces] = useState<ReadonlyMap<string, Point> | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const shape = JSON.stringify([graph.nodes.map(({ id }) => id), graph.edges]);
  useEffect(() => {
    let isCurrent = true;
    const settle =
      <T,>(set: (value: T) => void) =>
      (value: T) => {
        if (isCurrent) set(value);
      };
    layout(graph).then(settle(setPlaces), settle(setFault));
    return () => {
      isCurrent = false;
    };
    // The states of the steps change nothing about where they stand.
  }, [shape]);
  return [places, fault];
}

function nodesOf(
  graph: GraphData,
  places: ReadonlyMap<string, Point> | null,
  statuses: ReadonlyMap<string, string> | undefined,
  selected: string | null,
): StepNodeType[] {
  return graph.nodes.map(({ id, name, type, status }) => ({
    id,
    type: 'step',
    position: places?.get(id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    selected: id === selected,
    ariaLabel: `${name}, ${type}${status === null ? '' : `, ${status}`}`,
    data: { name, type, status: statuses?.get(id) ?? status },
  }));
}

export function edgesOf(graph: Pick<GraphData, 'edges'>): Edge[] {
  return graph.edges.map(({ from, to, output }) => ({
    id: `${from}-${to}-${output ?? ''}`,
    source: from,
    target: to,
    ...(output !== null && { label: output }),
    markerEnd: { type: MarkerType.ArrowClosed },
  }));
}
