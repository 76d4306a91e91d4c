import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { failed, said } from '../../ui/toasts';
import { useAction } from '../../ui/use-action';
import { problemFrom } from '../../api/problem';
import type { Filters } from './use-executions';

interface Props {
  readonly filters: Filters;
  readonly selected: readonly string[];
  readonly onDone: () => void;
}

type Kind = 'cancel' | 'retry';
type Answer = Schemas['BulkAnswerDto'];
/** Ids that one call may name. */
const AT_ONCE = 500;

/** On what is selected, or on everything that the filters name. */
export function BulkActions({ filters, selected, onDone }: Props): ReactNode {
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  const isFiltered = Object.keys(filters).length > 0;
  const act = useAction({
    run: ({ kind, ids }: { kind: Kind; ids: readonly string[] | null }) =>
      ids === null ? byFilter(kind, filters) : byIds(kind, ids),
    changes: ['executions'],
    then: (answers, { kind }) => {
      const done = answers.reduce((sum, answer) => sum + answer.done, 0);
      said(kind === 'cancel' ? t('{n} cancelled', { n: done }) : t('{n} run again', { n: done }));
      const first = answers.flatMap((answer) => answer.failed)[0];
      if (first !== undefined)
        failed(problemFrom(409, { code: first.code, detail: `…${first.id.slice(-8)}: ${first.message}` }));
      onDone();
    },
  });
  const button = (kind: Kind, label: string, title: string, ids: readonly string[] | null): ReactNode => (
    <Button
      size="xs"
      variant="default"
      loading={act.isPending}
      onClick={() =>
        confirm({
          title,
          text:
            kind === 'cancel'
              ? t('What has ended already stays as it is. Cancelling cannot be undone.')
              : t('Those that failed, timed out or were cancelled go on from where they stopped.'),
          button: label,
          run: () => act.mutate({ kind, ids }),
        })
      }
    >
      {label}
    </Button>
  );
  const n = selected.length;
  return (
    <Group gap="xs">
      {dialog}
      {n > 0 && button('cancel', t('Cancel {n}', { n }), t('Cancel {n} executions?', { n }), selected)}
      {n > 0 && button('retry', t('Retry {n}', { n }), t('Retry {n} executions?', { n }), selected)}
      {n === 0 && isFiltered && (
        <>
          {button('cancel', t('Cancel all of these'), t('Cancel everything that these filters name?'), null)}
          {button('retry', t('Retry all of these'), t('Retry everything that these filters name?'), null)}
        </>
      )}
    </Group>
  );
}

async function byIds(kind: Kind, ids: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const part = ids.slice(at, at + AT_ONCE);
    answers.push(await call(kind, { ids: part, limit: AT_ONCE }));
  }
  return answers;
}

async function byFilter(kind: Kind, filters: Filters): Promise<Answer[]> {
  const answers: Answer[] = [];
  let cursor: string | undefined;
  do {
    const answer = await call(kind, { ...filters, limit: AT_ONCE, ...(cursor !== undefined && { cursor }) });
    answers.push(answer);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return answers;
}

function call(kind: Kind, body: Schemas['BulkDto']): Promise<Answer> {
  return kind === 'cancel'
    ? ask(api.POST('/api/v1/executions/bulk/cancel', { body }))
    : ask(api.POST('/api/v1/executions/bulk/retry', { body }));
}
