import { Button, Code, Stack, Table, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Json } from '../../ui/json';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Time } from '../../ui/time';
import { useFilters } from '../../ui/use-filters';

/** Who changed what, when, from where. */
export function AuditLog(): ReactNode {
  const t = useT();
  const [filters, setFilters] = useFilters(['actor', 'action', 'resource']);
  const list = useInfiniteQuery({
    queryKey: ['audit', filters],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/v1/audit-log', {
          params: { query: { limit: 50, ...filters, ...(pageParam !== '' && { cursor: pageParam }) } },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const field = (name: 'actor' | 'action' | 'resource', label: string, placeholder: string): ReactNode => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={filters[name] ?? ''}
      onChange={(event) => setFilters({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <Stack>
      <div className="filters">
        {field('actor', t('Who'), 'admin')}
        {field('action', t('Action'), 'workflows.create')}
        {field('resource', t('On what'), 'workflows/<id>')}
      </div>
      {list.error !== null && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data === undefined && list.error === null && <Loading />}
      {list.data !== undefined && items.length === 0 && (
        <Empty title={t('Nothing fits these filters')}>{t('Every write is kept here.')}</Empty>
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={720} className="card">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('When')}</Table.Th>
                <Table.Th>{t('Who')}</Table.Th>
                <Table.Th>{t('Action')}</Table.Th>
                <Table.Th>{t('On what')}</Table.Th>
                <Table.Th>{t('From where')}</Table.Th>
                <Table.Th aria-label={t('Actions')} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((entry) => (
                <Entry key={entry.id} entry={entry} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Button variant="default" size="xs" onClick={() => void list.fetchNextPage()}>
          {t('Show more')}
        </Button>
      )}
    </Stack>
  );
}

function Entry({ entry }: { entry: Schemas['AuditEntryDto'] }): ReactNode {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <Time at={entry.at} />
        </Table.Td>
        <Table.Td>{entry.actor}</Table.Td>
        <Table.Td>
          <Code>{entry.action}</Code>
        </Table.Td>
        <Table.Td>{entry.resource}</Table.Td>
        <Table.Td>{entry.ip}</Table.Td>
        <Table.Td ta="right">
          <Button size="compact-sm" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t('Change')}
          </Button>
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <div className="split">
              <Json label={t('Before')} value={entry.before} />
              <Json label={t('After')} value={entry.after} />
            </div>
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
