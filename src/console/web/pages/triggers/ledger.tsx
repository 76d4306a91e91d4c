import { Button, Code, Group, Select, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { OFTEN_MS } from '../../api/queries';
import { useMay } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Json } from '../../ui/json';
import { ExecutionLink } from '../../ui/links';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { useFilters } from '../../ui/use-filters';

type Occurrence = Schemas['OccurrenceDto'];
type Outcome = Occurrence['outcome'];
const OUTCOMES: readonly Outcome[] = ['fired', 'filtered', 'duplicate', 'skipped', 'notified', 'rejected', 'failed'];

/** All that the trigger saw, what came of it and why. */
export function Ledger({ triggerId: id }: { triggerId: string }): ReactNode {
  const t = useT();
  const [{ outcome }, setFilters] = useFilters(['outcome']);
  const list = useInfiniteQuery({
    queryKey: ['triggers', 'occurrences', id, outcome],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      ask(
        api.GET('/api/v1/triggers/{id}/occurrences', {
          params: {
            path: { id },
            query: {
              limit: 50,
              ...(pageParam !== '' && { cursor: pageParam }),
              ...(outcome !== undefined && { outcome: outcome as Outcome }),
            },
          },
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: OFTEN_MS,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Select
        aria-label={t('Outcome')}
        placeholder={t('All outcomes')}
        size="xs"
        w={200}
        mb="sm"
        clearable
        clearButtonProps={{ 'aria-label': t('Clear') }}
        data={OUTCOMES.map((value) => ({ value, label: translateWord(t, value) }))}
        value={outcome ?? null}
        onChange={(value) => setFilters({ outcome: value })}
      />
      {list.error !== null && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data === undefined && list.error === null && <Loading />}
      {list.data !== undefined && items.length === 0 && (
        <Empty title={t('It has seen nothing yet')}>
          {t('Everything it sees is kept here with its outcome and the reason.')}
        </Empty>
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={640}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Outcome')}</Table.Th>
                <Table.Th>{t('Seen')}</Table.Th>
                <Table.Th>{t('Scheduled for')}</Table.Th>
                <Table.Th>{t('Reason')}</Table.Th>
                <Table.Th>{t('Execution')}</Table.Th>
                <Table.Th aria-label={t('Actions')} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((occurrence) => (
                <OccurrenceRow key={occurrence.id} occurrence={occurrence} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Button size="xs" variant="default" onClick={() => void list.fetchNextPage()}>
          {t('Show more')}
        </Button>
      )}
    </>
  );
}

function OccurrenceRow({ occurrence }: { occurrence: Occurrence }): ReactNode {
  const t = useT();
  const mayAct = useMay('operator');
  const { ask: confirm, dialog } = useConfirm();
  const [isOpen, setOpen] = useState(false);
  const { id, outcome, reason, execution_id: execution, replay_of: original } = occurrence;
  const replay = useAction({
    run: () => ask(api.POST('/api/v1/occurrences/{id}/replay', { params: { path: { id } } })),
    changes: ['triggers', 'executions'],
    done: t('Replayed'),
  });
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <Status value={outcome} />
          {original !== null && (
            <Text size="xs" c="dimmed">
              {t('replay')}
            </Text>
          )}
        </Table.Td>
        <Table.Td>
          <Time at={occurrence.occurred_at} />
        </Table.Td>
        <Table.Td>
          <Time at={occurrence.scheduled_for} />
        </Table.Td>
        <Table.Td>
          {reason !== null && <Code>{reason.code}</Code>} {reason?.detail}
        </Table.Td>
        <Table.Td>{execution !== null && <ExecutionLink id={execution} />}</Table.Td>
        <Table.Td>
          {dialog}
          <Group gap="xs" wrap="nowrap" justify="flex-end">
            <Button size="compact-sm" variant="default" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {t('Payload')}
            </Button>
            {mayAct && (
              <Button
                size="compact-sm"
                variant="default"
                loading={replay.isPending}
                onClick={() =>
                  confirm({
                    title: t('Replay this occurrence?'),
                    text: t('It starts an execution with the same payload, marked as a replay.'),
                    button: t('Replay'),
                    run: () => replay.mutate(),
                  })
                }
              >
                {t('Replay')}
              </Button>
            )}
          </Group>
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr>
          <Table.Td colSpan={6}>
            <Json label={t('Payload')} value={occurrence.payload ?? null} />
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
