import '@xyflow/react/dist/style.css';
import { Group, Select, useComputedColorScheme } from '@mantine/core';
import { useHotkeys, useMediaQuery } from '@mantine/hooks';
import {
  Background,
  ControlButton,
  Controls,
  MarkerType,
  MiniMap,
  Panel,
  ReactFlow,
  type ReactFlowProps,
  useReactFlow,
  useStore,
  useStoreApi,
  type Viewport,
} from '@xyflow/react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { translateWord, useT } from '../i18n/i18n';
import { Loading } from '../ui/loading';
import { toneOf } from '../ui/status';
import type { GraphEdge } from './graph-data';
import { edgeId, framed, type Layout, NODE_HEIGHT, NODE_WIDTH } from './layout';
import { RoutedEdge, type RoutedEdgeType } from './routed-edge';
import { FrameNode, StepNode, type StepNodeType } from './step-node';

type FlowProps = Omit<ReactFlowProps<StepNodeType, RoutedEdgeType>, 'nodes' | 'edges'>;

interface Props extends FlowProps {
  /** None: not laid out yet. */
  readonly nodes: StepNodeType[] | null;
  readonly layout: Layout | null;
  readonly edges: RoutedEdgeType[];
  readonly selected: string | null;
  /** Where to begin when the whole is too large to be read at once and nothing is selected. */
  readonly start?: string | null;
  /** Of a step that was searched. */
  readonly onFound: (id: string) => void;
  /** Buttons above it. */
  readonly tools?: ReactNode;
}

const NODE_TYPES = { step: StepNode, frame: FrameNode };
const EDGE_TYPES = { routed: RoutedEdge };
/** From here on an overview and a search help. */
const MANY = 12;
/** The smallest zoom at which the words on a step are read. */
const READABLE = 0.55;
/** Below it the names are written larger. */
const FAR = 0.5;
const CLOSE = 0.8;
const MARGIN = 40;
const MAP = { width: 190, height: 130 };
const SMALL_MAP = { width: 100, height: 80 };
const FIT = { maxZoom: 1, padding: 0.1 };

/** What graphs have in common, to look at and to edit: the whole or a readable part, an overview, a search. */
export function Canvas({ nodes, layout, edges, selected, start = null, onFound, tools, ...rest }: Props): ReactNode {
  const t = useT();
  const scheme = useComputedColorScheme('light');
  const place = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 48em)');
  const [isFull, setFull] = useState(false);
  const [isFar, setFar] = useState(false);
  const isLaidOut = nodes !== null;
  const frames = useMemo(() => (layout === null ? [] : frameNodes(layout)), [layout]);
  const drawn = useMemo(() => [...frames, ...(nodes ?? [])], [frames, nodes]);
  const view = useMemo(() => firstView(nodes ?? [], selected ?? start, place.current), [isLaidOut]);
  useHotkeys(isFull ? [['Escape', () => setFull(false)]] : []);
  const isLarge = (nodes ?? []).length > MANY;
  return (
    <div
      className={isFull ? 'graph graph-full' : isLarge ? 'graph graph-large' : 'graph'}
      ref={place}
      role="group"
      aria-label={t('Graph of the steps')}
      data-far={isFar}
    >
      {nodes === null ? (
        <Loading lines={1} height={420} />
      ) : (
        <ReactFlow
          nodes={drawn}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          colorMode={scheme}
          defaultViewport={view}
          minZoom={0.05}
          onlyRenderVisibleElements={nodes.length > 100}
          ariaLabelConfig={{
            'controls.ariaLabel': t('Zoom'),
            'controls.zoomIn.ariaLabel': t('Closer'),
            'controls.zoomOut.ariaLabel': t('Farther'),
            'controls.fitView.ariaLabel': t('Show all'),
            'minimap.ariaLabel': t('Overview of the graph'),
            'node.a11yDescription.default': t('Enter selects the step.'),
            'node.a11yDescription.keyboardDisabled': t('Enter selects the step.'),
            'edge.a11yDescription.default': t('Enter selects the edge.'),
          }}
          {...rest}
        >
          <Background />
          <Controls showInteractive={false} fitViewOptions={FIT}>
            <ControlButton
              onClick={() => setFull(!isFull)}
              title={isFull ? t('Back to the page') : t('Fill the window')}
              aria-label={isFull ? t('Back to the page') : t('Fill the window')}
              aria-pressed={isFull}
            >
              <svg viewBox="0 0 16 16" aria-hidden="true">
                <path d="M9 1h6v6h-1.7V3.9L9.6 7.6 8.4 6.4l3.7-3.7H9zM1 9h1.7v3.1l3.7-3.7 1.2 1.2-3.7 3.7H7V15H1z" />
              </svg>
            </ControlButton>
          </Controls>
          <Panel position="top-left">
            <Group gap="xs">
              {tools}
              {isLarge && <Finder nodes={nodes} onFound={onFound} />}
            </Group>
          </Panel>
          {isLarge && <MiniMap pannable zoomable style={isNarrow ? SMALL_MAP : MAP} nodeColor={mapColor} />}
          <Distance onChange={setFar} />
          <Follow node={nodes.find(({ id }) => id === selected)} />
        </ReactFlow>
      )}
    </div>
  );
}

function mapColor({ type, data }: StepNodeType): string {
  return type === 'frame' ? 'transparent' : `var(--${toneOf(data.status)})`;
}

/** Says whether the words are too small to be read. */
function Distance({ onChange }: { onChange: (isFar: boolean) => void }): null {
  const isFar = useStore(({ transform: [, , zoom] }) => zoom < FAR);
  useEffect(() => onChange(isFar), [isFar, onChange]);
  return null;
}

/** Brings what was selected elsewhere, in the timeline say, into view. */
function Follow({ node }: { node: StepNodeType | undefined }): null {
  const flow = useReactFlow();
  const store = useStoreApi();
  useEffect(() => {
    if (node === undefined) return;
    const { width, height, transform } = store.getState();
    const [x, y, zoom] = transform;
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const isInView = left >= 0 && top >= 0 && left + NODE_WIDTH * zoom <= width && top + NODE_HEIGHT * zoom <= height;
    if (!isInView) void flow.setCenter(...middleOf(node), { zoom });
    // Whoever drags it sees it.
  }, [node?.id]);
  return null;
}

function middleOf({ position: { x, y } }: StepNodeType): [number, number] {
  return [x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2];
}

/** Goes to a step by its name. */
function Finder({ nodes, onFound }: { nodes: readonly StepNodeType[]; onFound: (id: string) => void }): ReactNode {
  const t = useT();
  const flow = useReactFlow();
  const data = nodes.map(({ id, data: { name, type, status } }) => ({
    value: id,
    label: `${name} · ${type}${status === null ? '' : ` · ${translateWord(t, status)}`}`,
  }));
  const find = (id: string | null): void => {
    const found = nodes.find((node) => node.id === id);
    if (found === undefined) return;
    void flow.setCenter(...middleOf(found), { zoom: Math.max(flow.getZoom(), CLOSE) });
    onFound(found.id);
  };
  return (
    <Select
      size="xs"
      w={170}
      aria-label={t('Find a step')}
      placeholder={t('Find a step')}
      nothingFoundMessage={t('Nothing has this name.')}
      comboboxProps={{ width: 280, position: 'bottom-start' }}
      searchable
      limit={50}
      data={data}
      value={null}
      onChange={find}
    />
  );
}

/** All of it where that can be read; else the part around `start`. */
function firstView(nodes: readonly StepNodeType[], start: string | null, element: HTMLElement | null): Viewport {
  const [width, height] = [element?.clientWidth ?? 0, element?.clientHeight ?? 0];
  const first = nodes.find(({ id }) => id === start) ?? nodes[0];
  if (first === undefined || width === 0) return { x: 0, y: 0, zoom: 1 };
  const left = Math.min(...nodes.map(({ position }) => position.x));
  const top = Math.min(...nodes.map(({ position }) => position.y));
  const wide = Math.max(...nodes.map(({ position }) => position.x)) + NODE_WIDTH - left;
  const tall = Math.max(...nodes.map(({ position }) => position.y)) + NODE_HEIGHT - top;
  const zoom = Math.min(1, width / (wide + 2 * MARGIN), height / (tall + 2 * MARGIN));
  if (zoom >= READABLE)
    return { x: width / 2 - zoom * (left + wide / 2), y: height / 2 - zoom * (top + tall / 2), zoom };
  const { x, y } = first.position;
  // What comes after it stands below.
  return {
    x: within(width / 2 - CLOSE * (x + NODE_WIDTH / 2), width, CLOSE * left, CLOSE * wide),
    y: within(height / 3 - CLOSE * (y + NODE_HEIGHT / 2), height, CLOSE * top, CLOSE * tall),
    zoom: CLOSE,
  };
}

/** An offset that shows no more empty room beside the graph than it must. */
function within(offset: number, room: number, from: number, length: number): number {
  if (length + 2 * MARGIN <= room) return (room - length) / 2 - from;
  return Math.min(MARGIN - from, Math.max(room - MARGIN - from - length, offset));
}

/** The edges to be drawn: those of a fan as one. @param special what else is to be said about one. */
export function flowEdges<E extends GraphEdge>(
  edges: readonly E[],
  layout: Layout | null,
  special: (edge: E) => Partial<RoutedEdgeType> = () => ({}),
): RoutedEdgeType[] {
  const drawn = new Map<string, RoutedEdgeType>();
  for (const edge of edges) {
    const shown = layout === null ? edge : framed(edge, layout.frameOf);
    const id = edgeId(shown);
    const isFramed = shown.from !== edge.from || shown.to !== edge.to;
    drawn.set(id, {
      id,
      type: 'routed',
      source: shown.from,
      target: shown.to,
      data: { route: layout?.routes.get(id) },
      ...(edge.output !== null && { label: edge.output }),
      markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--edge)' },
      ...special(edge),
      // It stands for several.
      ...(isFramed && { deletable: false, selectable: false, focusable: false }),
    });
  }
  return [...drawn.values()];
}

function frameNodes({ frames }: Layout): StepNodeType[] {
  return frames.map(({ id, x, y, width, height }) => ({
    id,
    type: 'frame',
    position: { x, y },
    width,
    height,
    selectable: false,
    draggable: false,
    focusable: false,
    deletable: false,
    zIndex: -1,
    style: { pointerEvents: 'none' },
    data: { name: '', type: '', status: null },
  }));
}
