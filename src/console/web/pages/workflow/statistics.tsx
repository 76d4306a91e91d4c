import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask } from '../../api/client';
import { SELDOM_MS } from '../../api/queries';
import { useT } from '../../i18n/i18n';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { duration, Time } from '../../ui/time';
import { percent } from '../overview/statistics-charts';

export function WorkflowStatistics({ id }: { id: string }): ReactNode {
  const t = useT();
  const statistics = useQuery({
    queryKey: ['workflows', 'statistics', id],
    queryFn: () => ask(api.GET('/api/v1/workflows/{id}/statistics', { params: { path: { id } } })),
    refetchInterval: SELDOM_MS,
  });
  if (statistics.error !== null) return <ProblemAlert error={statistics.error} />;
  if (statistics.data === undefined) return <Loading lines={2} height={86} />;
  const { totals, last_executed: last, last_status: status } = statistics.data;
  if (totals.executions === 0)
    return <Empty title={t('It has not run yet')}>{t('Numbers show after its first end.')}</Empty>;
  const tiles: [string, ReactNode][] = [
    [t('Executions'), totals.executions],
    [t('Success rate'), percent(totals.success_rate)],
    [t('Failed'), totals.failed + totals.timed_out],
    [t('Cancelled'), totals.cancelled],
    [t('Mean'), duration(totals.mean_ms)],
    ['p50', duration(totals.p50_ms)],
    ['p95', duration(totals.p95_ms)],
    ['p99', duration(totals.p99_ms)],
    [t('Last executed'), <Time key="at" at={last} />],
    [t('Last result'), status === null ? '–' : <Status key="status" value={status} />],
  ];
  return (
    <div className="tiles">
      {tiles.map(([title, value]) => (
        <div key={title} className="card">
          <Text size="sm" c="dimmed">
            {title}
          </Text>
          <div className="tile-value">{value}</div>
        </div>
      ))}
    </div>
  );
}
