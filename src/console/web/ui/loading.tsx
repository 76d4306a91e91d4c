import { Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useT } from '../i18n/i18n';

/** As tall as what will stand there, so that nothing jumps. */
export function Loading({ lines = 6, height = 36 }: { lines?: number; height?: number }): ReactNode {
  const t = useT();
  return (
    <Stack gap="xs" role="status" aria-label={t('Loading')}>
      {Array.from({ length: lines }, (_, n) => (
        <Skeleton key={n} height={height} radius="sm" />
      ))}
    </Stack>
  );
}

export function LoadingPage(): ReactNode {
  return (
    <Stack p="lg">
      <Skeleton height={40} width={260} />
      <Loading lines={8} />
    </Stack>
  );
}
