import { Group, Progress, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Chart } from '../../ui/chart';
import { Section } from '../../ui/page';
import { duration } from '../../ui/time';

interface Bucket {
  readonly at: string;
  readonly executions: number;
  readonly completed: number;
  readonly failed: number;
  readonly success_rate: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

interface ErrorKind {
  readonly code: string;
  readonly count: number;
}

interface Props {
  readonly statistics: Schemas['StatisticsDto'];
  /** Hours until now. */
  readonly hours: number;
}

export function StatisticsCharts({ statistics, hours }: Props): ReactNode {
  const t = useT();
  const buckets = statistics.buckets as unknown as Bucket[];
  const totals = statistics.totals as Record<string, number | null>;
  const now = Math.ceil(Date.now() / 60_000) * 60;
  const span: [number, number] = [now - hours * 3600, now];
  const times = buckets.map(({ at }) => new Date(at).getTime() / 1000);
  return (
    <div className="grid">
      <Section title={t('Executions')} actions={<Text size="sm">{totals['executions'] ?? 0}</Text>}>
        <Chart
          label={t('Executions')}
          times={times}
          span={span}
          format={(value) => String(Math.round(value))}
          series={[
            { label: t('all'), tone: 'good', isBar: true, values: buckets.map(({ executions }) => executions) },
            { label: t('failed'), tone: 'bad', isBar: true, values: buckets.map(({ failed }) => failed) },
          ]}
        />
      </Section>
      <Section title={t('Success rate')} actions={<Text size="sm">{percent(totals['success_rate'])}</Text>}>
        <Chart
          label={t('Success rate')}
          times={times}
          span={span}
          range={[0, 1.05]}
          format={(value) => percent(value)}
          series={[{ label: t('Success rate'), tone: 'good', values: buckets.map((each) => each.success_rate) }]}
        />
      </Section>
      <Section title={t('Duration')} actions={<Text size="sm">p95 {duration(totals['p95_ms'])}</Text>}>
        <Chart
          label={t('Duration')}
          times={times}
          span={span}
          format={duration}
          series={[
            { label: 'p50', tone: 'busy', values: buckets.map(({ p50_ms }) => p50_ms) },
            { label: 'p95', tone: 'waiting', values: buckets.map(({ p95_ms }) => p95_ms) },
          ]}
        />
      </Section>
      <Section title={t('Failures by kind')}>
        <Failures errors={statistics.errors} />
      </Section>
    </div>
  );
}

function Failures({ errors }: { errors: readonly ErrorKind[] }): ReactNode {
  const t = useT();
  const most = Math.max(1, ...errors.map(({ count }) => count));
  if (errors.length === 0) return <Text c="dimmed">{t('Nothing has failed.')}</Text>;
  return (
    <Table>
      <Table.Tbody>
        {errors.slice(0, 8).map(({ code, count }) => (
          <Table.Tr key={code}>
            <Table.Td>{code}</Table.Td>
            <Table.Td w="45%">
              <Group gap="xs" wrap="nowrap">
                <Progress flex={1} color="red" value={(100 * count) / most} aria-hidden="true" />
                <Text size="sm">{count}</Text>
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function percent(rate: number | null | undefined): string {
  return rate === null || rate === undefined ? '–' : `${(rate * 100).toFixed(rate === 1 ? 0 : 1)} %`;
}
