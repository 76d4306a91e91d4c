import { Badge, Button, Group, Select, Table, TagsInput, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { SELDOM_MS } from '../../api/queries';
import { useMay } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { Loading } from '../../ui/loading';
import { Empty, Page } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { Time } from '../../ui/time';
import { useFilters } from '../../ui/use-filters';
import { percent } from '../overview/statistics-charts';
import { CreateWorkflow } from './create-workflow';
import { ImportButton } from './import-button';

type WorkflowStatus = Schemas['WorkflowDto']['status'];
const STATUSES: readonly WorkflowStatus[] = ['active', 'paused', 'draft', 'archived'];
const DEBOUNCE_MS = 250;

export function Component(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const [isCreating, setCreating] = useState(false);
  const [filters, setFilters] = useFilters(['q', 'status', 'tags']);
  const search = useDebouncedCallback((q: string) => setFilters({ q }), DEBOUNCE_MS);
  const list = useWorkflows(filters);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page
      title={t('Workflows')}
      actions={
        mayEdit && (
          <>
            <ImportButton />
            <Button size="xs" onClick={() => setCreating(true)}>
              {t('New workflow')}
            </Button>
          </>
        )
      }
    >
      <div className="filters">
        <TextInput
          label={t('Search')}
          defaultValue={filters.q}
          onChange={(event) => search(event.currentTarget.value)}
          type="search"
        />
        <Select
          label={t('Status')}
          clearable
          data={STATUSES.map((value) => ({ value, label: translateWord(t, value) }))}
          value={filters.status ?? null}
          onChange={(status) => setFilters({ status })}
          clearButtonProps={{ 'aria-label': t('Clear') }}
        />
        <TagsInput
          label={t('Tags')}
          value={filters.tags?.split(',') ?? []}
          onChange={(tags) => setFilters({ tags: tags.join(',') })}
          clearable
          clearButtonProps={{ 'aria-label': t('Clear') }}
        />
      </div>
      {list.error !== null && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data === undefined && list.error === null && <Loading lines={8} height={44} />}
      {list.data !== undefined && items.length === 0 && (
        <Empty title={isFiltered ? t('Nothing fits these filters') : t('There are no workflows yet')}>
          {isFiltered
            ? t('Take a filter away.')
            : t('A workflow is a list of steps. Begin with one that works and change it.')}
          {mayEdit && !isFiltered && (
            <div>
              <Button mt="sm" onClick={() => setCreating(true)}>
                {t('New workflow')}
              </Button>
            </div>
          )}
        </Empty>
      )}
      {items.length > 0 && <WorkflowTable items={items} />}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('Show more')}
        </Button>
      )}
      <CreateWorkflow isOpen={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function useWorkflows({ q, status, tags }: Partial<Record<'q' | 'status' | 'tags', string>>) {
  return useInfiniteQuery({
    queryKey: ['workflows', 'list', q, status, tags],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/v1/workflows', {
          params: {
            query: {
              limit: 50,
              ...(pageParam !== '' && { cursor: pageParam }),
              ...(q !== undefined && { q }),
              ...(status !== undefined && { status: [status as WorkflowStatus] }),
              ...(tags !== undefined && { tags: tags.split(',') }),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: SELDOM_MS,
    placeholderData: (before) => before,
  });
}

function WorkflowTable({ items }: { items: readonly Schemas['WorkflowDto'][] }): ReactNode {
  const t = useT();
  return (
    <Table.ScrollContainer minWidth={640} className="card">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Name')}</Table.Th>
            <Table.Th>{t('Status')}</Table.Th>
            <Table.Th>{t('Executions')}</Table.Th>
            <Table.Th>{t('Success rate')}</Table.Th>
            <Table.Th>{t('Last result')}</Table.Th>
            <Table.Th>{t('Last executed')}</Table.Th>
            <Table.Th>{t('Version')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((workflow) => (
            <Table.Tr key={workflow.id}>
              <Table.Td>
                <Group gap="xs">
                  <Link className="link" to={`/workflows/${workflow.slug}`}>
                    {workflow.name}
                  </Link>
                  {workflow.is_template && (
                    <Badge variant="outline" color="gray" className="tag">
                      {t('template')}
                    </Badge>
                  )}
                  {workflow.tags.map((tag) => (
                    <Badge key={tag} variant="default" className="tag">
                      {tag}
                    </Badge>
                  ))}
                </Group>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {workflow.description}
                </Text>
              </Table.Td>
              <Table.Td>
                <Status value={workflow.status} />
              </Table.Td>
              <Table.Td>{workflow.execution_count}</Table.Td>
              <Table.Td>{percent(workflow.success_rate)}</Table.Td>
              <Table.Td>{workflow.last_status === null ? '–' : <Status value={workflow.last_status} />}</Table.Td>
              <Table.Td>
                <Time at={workflow.last_executed} />
              </Table.Td>
              <Table.Td>
                {workflow.version}
                {workflow.deployed_version !== null && workflow.deployed_version !== workflow.version && (
                  <Text span size="xs" c="dimmed">
                    {' '}
                    ({t('in force: {n}', { n: workflow.deployed_version })})
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
