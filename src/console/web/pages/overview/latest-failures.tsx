import { Anchor, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { api, ask } from '../../api/client';
import { OFTEN_MS } from '../../api/queries';
import { useT } from '../../i18n/i18n';
import { ExecutionLink, WorkflowLink } from '../../ui/links';
import { Loading } from '../../ui/loading';
import { Section } from '../../ui/page';
import { Time } from '../../ui/time';

const FAILED = 'failed,timed_out';

export function LatestFailures(): ReactNode {
  const t = useT();
  const list = useQuery({
    queryKey: ['executions', 'latest-failures'],
    queryFn: () => ask(api.GET('/api/v1/executions', { params: { query: { status: FAILED, limit: 6 } } })),
    refetchInterval: OFTEN_MS,
  });
  return (
    <Section
      title={t('Failed last')}
      actions={
        <Anchor component={Link} to={`/executions?status=${FAILED}`} size="sm">
          {t('All')}
        </Anchor>
      }
    >
      {list.data === undefined ? (
        <Loading lines={3} />
      ) : list.data.items.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('Nothing has failed.')}
        </Text>
      ) : (
        <Table>
          <Table.Tbody>
            {list.data.items.map((execution) => (
              <Table.Tr key={execution.id}>
                <Table.Td>
                  <ExecutionLink id={execution.id} />
                </Table.Td>
                <Table.Td>
                  <WorkflowLink id={execution.workflow_id} />
                  <Text size="xs" c="dimmed" lineClamp={1} title={execution.error?.message}>
                    {execution.error?.code} {execution.error?.message}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Time at={execution.end_time ?? execution.created_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
