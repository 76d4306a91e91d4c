import { Skeleton } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';

export interface Series {
  readonly label: string;
  /** Of the theme: `good`, `bad`, `busy`, `waiting`, `idle`. */
  readonly tone: string;
  readonly values: readonly (number | null)[];
  readonly isBar?: boolean;
}

export interface ChartProps {
  readonly label: string;
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly range?: readonly [number, number];
  /** Seconds since the epoch: from where to where time goes. */
  readonly span: readonly [number, number];
}

const Plot = lazy(() => import('./plot'));

/** Values over time. Whoever cannot see it gets a table of the same. */
export function Chart(props: ChartProps): ReactNode {
  return (
    <Suspense fallback={<Skeleton height={220} />}>
      <Plot {...props} />
    </Suspense>
  );
}
