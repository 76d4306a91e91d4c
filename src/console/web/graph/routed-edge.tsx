import { BaseEdge, type Edge, type EdgeProps, getBezierPath } from '@xyflow/react';
import type { ReactNode } from 'react';
import type { Point } from './layout';

export interface RouteData extends Record<string, unknown> {
  /** As the layout leads it; none where a node stands elsewhere. */
  readonly route?: readonly Point[] | undefined;
}

export type RoutedEdgeType = Edge<RouteData, 'routed'>;

/** How far a node may stand from where the route ends. */
const NEAR = 2;
const CORNER = 8;
/** From the end of the edge to the middle of its label. */
const LABEL = 17;

/** Runs around the nodes, as the layout says; while one of its nodes is elsewhere it goes straight. */
export function RoutedEdge(edge: EdgeProps<RoutedEdgeType>): ReactNode {
  const { id, data, label, markerEnd, style } = edge;
  const [path, labelX, labelY] = pathOf(edge, data?.route ?? []);
  return (
    <BaseEdge
      id={id}
      path={path}
      labelX={labelX}
      labelY={labelY}
      label={label}
      labelStyle={{ fill: 'var(--mantine-color-text)' }}
      labelBgStyle={{ fill: 'var(--card)' }}
      {...(markerEnd !== undefined && { markerEnd })}
      {...(style !== undefined && { style })}
    />
  );
}

function pathOf(edge: EdgeProps<RoutedEdgeType>, route: readonly Point[]): [string, number, number] {
  const [first, last] = [route[0], route.at(-1)];
  const { sourceX, sourceY, targetX, targetY } = edge;
  if (
    first === undefined ||
    last === undefined ||
    !isNear(first, sourceX, sourceY) ||
    !isNear(last, targetX, targetY)
  ) {
    const [path, x, y] = getBezierPath(edge);
    return [path, x, y];
  }
  return [rounded(route), last.x, last.y - LABEL];
}

function isNear({ x, y }: Point, otherX: number, otherY: number): boolean {
  return Math.abs(x - otherX) <= NEAR && Math.abs(y - otherY) <= 4 * NEAR;
}

/** The way along the points, its corners rounded. */
export function rounded(points: readonly Point[]): string {
  return points
    .map((point, n) => {
      const [before, after] = [points[n - 1], points[n + 1]];
      if (before === undefined) return `M${point.x},${point.y}`;
      if (after === undefined) return `L${point.x},${point.y}`;
      const [from, to] = [towards(point, before), towards(point, after)];
      return `L${from.x},${from.y}Q${point.x},${point.y} ${to.x},${to.y}`;
    })
    .join('');
}

/** A corner's radius from one point towards another, at most half the way. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(CORNER, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
