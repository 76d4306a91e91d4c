import { Skeleton } from '@mantine/core';
import { lazy, type ComponentProps, type ReactNode, Suspense } from 'react';
import { useT } from '../i18n/i18n';
import { Empty } from '../ui/page';

/** The library that draws, and the one that lays out, are loaded with the first graph. */
const Flow = lazy(() => import('./flow'));

export function Graph(props: ComponentProps<typeof Flow>): ReactNode {
  const t = useT();
  if (props.graph.nodes.length === 0) return <Empty title={t('There are no steps yet')} />;
  return (
    <Suspense fallback={<Skeleton height={420} />}>
      <Flow {...props} />
    </Suspense>
  );
}
