import { Button, Group, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { OFTEN_MS, useAll } from '../../api/queries';
import { useMay } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { JsonForm } from '../../ui/json-form';
import { Json } from '../../ui/json';
import { ExecutionLink, WorkflowLink } from '../../ui/links';
import { Loading } from '../../ui/loading';
import { Empty, Page, Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { useFilters } from '../../ui/use-filters';

type Approval = Schemas['ApprovalDto'];
const STATUSES: readonly Approval['status'][] = ['pending', 'approved', 'rejected', 'expired'];
const MOST = 200;

/** What waits for a person, and what people decided. */
export function Component(): ReactNode {
  const t = useT();
  const [filters, setFilters] = useFilters(['status', 'assignee', 'execution_id']);
  const status = STATUSES.find((each) => each === filters.status) ?? 'pending';
  const { assignee, execution_id: execution } = filters;
  const filter = {
    status,
    ...(assignee !== undefined && { assignee }),
    ...(execution !== undefined && { execution_id: execution }),
  };
  const list = useAll(
    ['approvals', filter],
    (query) => ask(api.GET('/api/v1/approvals', { params: { query: { ...query, ...filter } } })),
    { most: MOST, refetchInterval: OFTEN_MS },
  );
  return (
    <Page title={t('Approvals')}>
      <div className="filters">
        <SegmentedControl
          value={status}
          aria-label={t('Status')}
          onChange={(value) => setFilters({ status: value })}
          data={STATUSES.map((value) => ({ value, label: translateWord(t, value) }))}
        />
        <TextInput
          label={t('Assignee')}
          value={assignee ?? ''}
          onChange={(event) => setFilters({ assignee: event.currentTarget.value })}
        />
      </div>
      {list.error !== null && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data === undefined && list.error === null && <Loading lines={3} height={120} />}
      {list.data?.length === 0 && (
        <Empty title={status === 'pending' ? t('Nothing waits for a decision') : t('Nothing fits these filters')}>
          {t('A step of the type approval waits here for a person.')}
        </Empty>
      )}
      {list.data?.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
    </Page>
  );
}

function ApprovalCard({ approval }: { approval: Approval }): ReactNode {
  const t = useT();
  const mayDecide = useMay('operator');
  const { title, message, assignees, expires_at: until, decisions } = approval;
  return (
    <Section title={title} actions={<ApprovalStatus status={approval.status} />}>
      <Stack gap="sm">
        {message !== '' && <Text className="pre-line">{message}</Text>}
        <Group gap="md">
          <WorkflowLink id={approval.workflow_id} />
          <ExecutionLink id={approval.execution_id} />
          <Text size="sm" c="dimmed" component="span">
            {t('asked')} <Time at={approval.created_at} />
          </Text>
          {until !== null && (
            <Text size="sm" c="dimmed" component="span">
              {t('until')} <Time at={until} />
            </Text>
          )}
          {assignees.length > 0 && <Text size="sm">{assignees.join(', ')}</Text>}
          {approval.approvals_needed > 1 && (
            <Text size="sm">{t('{n} approvals needed', { n: approval.approvals_needed })}</Text>
          )}
        </Group>
        {approval.escalations.map(({ to, due_at: due, escalated_at: escalated }) => (
          <Text size="sm" c="dimmed" component="div" key={due}>
            {escalated === null ? t('Escalates to') : t('Escalated to')} {to.join(', ')} ·{' '}
            <Time at={escalated ?? due} />
          </Text>
        ))}
        {decisions.map((decision) => (
          <div key={`${decision.by}${decision.at}`}>
            <Text size="sm" component="div">
              {translateWord(t, decision.decision)} · {decision.by} · <Time at={decision.at} /> {decision.comment}
            </Text>
            {decision.data !== null && decision.data !== undefined && <Json label={title} value={decision.data} />}
          </div>
        ))}
        {mayDecide && approval.status === 'pending' && <Decide approval={approval} />}
      </Stack>
    </Section>
  );
}

function ApprovalStatus({ status }: Pick<Approval, 'status'>): ReactNode {
  return status === 'pending' ? <Status value={status} tone="waiting" /> : <Status value={status} />;
}

function Decide({ approval: { id, form } }: { approval: Approval }): ReactNode {
  const t = useT();
  const [data, setData] = useState<unknown>(undefined);
  const [comment, setComment] = useState('');
  const decide = useAction({
    run: (decision: 'approve' | 'reject') =>
      ask(
        api.POST('/api/v1/approvals/{id}/decide', {
          params: { path: { id } },
          body: {
            decision,
            ...(data !== undefined && { data: data as Record<string, unknown> }),
            ...(comment !== '' && { comment }),
          },
        }),
      ),
    changes: ['approvals', 'executions'],
    done: t('Decided'),
  });
  return (
    <Stack gap="sm" maw={560}>
      {form !== null && <JsonForm schema={form} value={data} onChange={setData} label={t('Form')} />}
      <Textarea
        label={t('Comment')}
        autosize
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <Group>
        <Button loading={decide.isPending} onClick={() => decide.mutate('approve')}>
          {t('Approve')}
        </Button>
        <Button loading={decide.isPending} variant="default" onClick={() => decide.mutate('reject')}>
          {t('Reject')}
        </Button>
      </Group>
    </Stack>
  );
}
