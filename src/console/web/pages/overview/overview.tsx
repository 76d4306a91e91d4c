import { Button, Group, SegmentedControl, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { api, ask } from '../../api/client';
import { OFTEN_MS, SELDOM_MS, useTriggersHealth } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { WorkflowLink } from '../../ui/links';
import { Loading } from '../../ui/loading';
import { Empty, Page, Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { Time } from '../../ui/time';
import { useFilters } from '../../ui/use-filters';
import { LatestFailures } from './latest-failures';
import { StatisticsCharts } from './statistics-charts';

const SPANS = { hour: 1, day: 24, week: 168 } as const;
type Span = keyof typeof SPANS;

/** What runs, what failed, why something did not fire: at a glance. */
export function Component(): ReactNode {
  const t = useT();
  const [{ span: chosen }, setFilters] = useFilters(['span']);
  const span: Span = chosen !== undefined && chosen in SPANS ? (chosen as Span) : 'day';
  return (
    <Page
      title={t('Overview')}
      actions={
        <SegmentedControl
          size="xs"
          value={span}
          aria-label={t('Span')}
          onChange={(value) => setFilters({ span: value })}
          data={[
            { value: 'hour', label: t('Hour') },
            { value: 'day', label: t('Day') },
            { value: 'week', label: t('Week') },
          ]}
        />
      }
    >
      <Tiles />
      <StatisticsOf span={span} />
      <div className="grid">
        <LatestFailures />
        <NextDue />
        <UnhealthyTriggers />
      </div>
    </Page>
  );
}

function Tiles(): ReactNode {
  const t = useT();
  const health = useQuery({
    queryKey: ['health'],
    // 503 when unhealthy, with the same body.
    queryFn: async () => {
      const { data, error } = await api.GET('/health');
      return data ?? (error as unknown as NonNullable<typeof data>);
    },
    refetchInterval: OFTEN_MS,
  });
  const scheduler = useQuery({
    queryKey: ['scheduler'],
    queryFn: () => ask(api.GET('/api/v1/scheduler/status')),
    refetchInterval: OFTEN_MS,
  });
  if (health.error !== null) return <ProblemAlert error={health.error} onRetry={() => void health.refetch()} />;
  if (health.data === undefined) return <Loading lines={1} height={86} />;
  const { status, checks, stats } = health.data;
  const wrong = Object.entries(checks).filter(([, state]) => state !== 'ok');
  const number = (name: string): number => Number((stats as Record<string, unknown>)[name] ?? 0);
  return (
    <div className="tiles">
      <Tile title={t('Health')}>
        <Status value={status} />
        {wrong.map(([name, state]) => (
          <Text key={name} size="xs" component="div">
            {name}: <Status value={state} />
          </Text>
        ))}
      </Tile>
      <Tile title={t('Running')} to="/executions?status=running,waiting,paused">
        {number('active_executions')}
      </Tile>
      <Tile title={t('In the queue')} to="/executions?status=queued">
        {number('queued_executions')}
      </Tile>
      <Tile title={t('Active workflows')} to="/workflows?status=active">
        {number('active_workflows')}{' '}
        <Text span c="dimmed" size="sm">
          / {number('total_workflows')}
        </Text>
      </Tile>
      <Tile title={t('Replicas')}>{scheduler.data?.replicas.length ?? '–'}</Tile>
    </div>
  );
}

function Tile({ title, to, children }: { title: string; to?: string; children: ReactNode }): ReactNode {
  const content = (
    <>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      <div className="tile-value">{children}</div>
    </>
  );
  if (to === undefined) return <div className="card">{content}</div>;
  return (
    <Link to={to} className="card plain">
      {content}
    </Link>
  );
}

function StatisticsOf({ span }: { span: Span }): ReactNode {
  const bucket = span === 'hour' ? 'minute' : 'hour';
  const statistics = useQuery({
    queryKey: ['statistics', span],
    queryFn: () => {
      const from = new Date(Date.now() - SPANS[span] * 3_600_000).toISOString();
      return ask(api.GET('/api/v1/statistics', { params: { query: { from, bucket } } }));
    },
    refetchInterval: SELDOM_MS,
    placeholderData: (before) => before,
  });
  if (statistics.error !== null) return <ProblemAlert error={statistics.error} />;
  if (statistics.data === undefined) return <Loading lines={2} height={220} />;
  return <StatisticsCharts statistics={statistics.data} hours={SPANS[span]} />;
}

function NextDue(): ReactNode {
  const t = useT();
  const may = useMay('editor');
  const health = useTriggersHealth();
  const due = (health.data?.items ?? [])
    .filter((item) => item.health.next_due !== null)
    .sort((a, b) => String(a.health.next_due).localeCompare(String(b.health.next_due)))
    .slice(0, 8);
  return (
    <Section title={t('Next due')}>
      {health.data === undefined ? (
        <Loading lines={3} />
      ) : due.length === 0 ? (
        <Empty title={t('Nothing is scheduled')}>
          <Text size="sm">{t('A deployed workflow with a cron trigger shows here when it is due.')}</Text>
          {may && (
            <Button component={Link} to="/workflows/new" size="xs" variant="default" mt="xs">
              {t('New workflow')}
            </Button>
          )}
        </Empty>
      ) : (
        <Table>
          <Table.Tbody>
            {due.map((item) => (
              <Table.Tr key={item.id}>
                <Table.Td>
                  <Time at={item.health.next_due} />
                </Table.Td>
                <Table.Td>
                  <Link className="link" to={`/triggers/${item.id}`}>
                    {item.name}
                  </Link>
                </Table.Td>
                <Table.Td>
                  <WorkflowLink id={item.workflow_id} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function UnhealthyTriggers(): ReactNode {
  const t = useT();
  const health = useTriggersHealth();
  const wrong = (health.data?.items ?? []).filter(({ health: { status } }) => status !== 'healthy');
  return (
    <Section title={t('Triggers that need a look')}>
      {health.data === undefined ? (
        <Loading lines={3} />
      ) : wrong.length === 0 ? (
        <Group>
          <Status value="healthy" />
          <Text size="sm" c="dimmed">
            {t('All {n} triggers are as they should be.', { n: health.data.items.length })}
          </Text>
        </Group>
      ) : (
        <Table>
          <Table.Tbody>
            {wrong.slice(0, 8).map((item) => (
              <Table.Tr key={item.id}>
                <Table.Td>
                  <Status value={item.health.status} />
                </Table.Td>
                <Table.Td>
                  <Link className="link" to={`/triggers/${item.id}`}>
                    {item.name}
                  </Link>
                  <Text size="xs" c="dimmed">
                    {item.health.last_error}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <WorkflowLink id={item.workflow_id} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
