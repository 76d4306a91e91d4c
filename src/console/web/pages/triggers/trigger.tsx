import { Alert, Button, Group, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { OFTEN_MS } from '../../api/queries';
import { useMay } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import { Form } from '../../ui/form';
import { Json } from '../../ui/json';
import { WorkflowLink } from '../../ui/links';
import { LoadingPage } from '../../ui/loading';
import { Page, Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { said } from '../../ui/toasts';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { Backfill } from './backfill';
import { FireManual } from './fire-manual';
import { Ledger } from './ledger';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const trigger = useQuery({
    queryKey: ['triggers', 'one', id],
    queryFn: () => ask(api.GET('/api/v1/triggers/{id}', { params: { path: { id } } })),
    refetchInterval: OFTEN_MS,
  });
  if (trigger.error !== null) return <ProblemAlert error={trigger.error} onRetry={() => void trigger.refetch()} />;
  if (trigger.data === undefined) return <LoadingPage />;
  return <TriggerPage trigger={trigger.data} />;
}

function TriggerPage({ trigger }: { trigger: Schemas['TriggerDto'] }): ReactNode {
  const t = useT();
  const { id, name, type, health, workflow_id: workflow, paused_reason: reason, is_armed: isArmed } = trigger;
  const isScheduled = type === 'cron' || type === 'schedule';
  return (
    <Page
      title={name}
      under={
        <Group gap="sm">
          <Status value={health.status} />
          <span>{translateWord(t, type)}</span>
          <WorkflowLink id={workflow} />
          <span>{t('fired {n} times', { n: trigger.trigger_count })}</span>
        </Group>
      }
      actions={<Actions trigger={trigger} />}
    >
      {!isArmed && reason === null && (
        <Alert color="yellow" title={t('It is not armed')}>
          {t('Nothing fires it. Deploy its workflow to arm it.')}
        </Alert>
      )}
      {reason !== null && (
        <Alert color="yellow" title={t('Paused')}>
          {reason}
        </Alert>
      )}
      {health.last_error !== null && (
        <Alert color="red" title={t('Last error')}>
          {health.last_error}
        </Alert>
      )}
      <div className="grid">
        <Section title={t('Liveness')}>
          <Liveness health={health} />
        </Section>
        {isScheduled && (
          <Section title={t('Next instants')}>
            <NextInstants id={id} />
          </Section>
        )}
        <Section title={t('Configuration')}>
          <Json
            label={t('Configuration')}
            value={{
              ...trigger.config,
              ...(trigger.filter !== null && { filter: trigger.filter }),
              ...(trigger.input !== null && { input: trigger.input }),
              ...(trigger.dedup !== null && { dedup: trigger.dedup }),
            }}
          />
        </Section>
      </div>
      <Section title={t('Ledger')}>
        <Ledger triggerId={id} />
      </Section>
    </Page>
  );
}

function Liveness({ health }: { health: Schemas['TriggerHealthDto'] }): ReactNode {
  const t = useT();
  const rows: [string, string | null][] = [
    [t('Armed since'), health.armed_since],
    [t('Connected since'), health.connected_since],
    [t('Last looked'), health.last_looked],
    [t('Last fired'), health.last_fired],
    [t('Next due'), health.next_due],
  ];
  return (
    <Table>
      <Table.Tbody>
        {rows
          .filter(([, at]) => at !== null)
          .map(([title, at]) => (
            <Table.Tr key={title}>
              <Table.Td>{title}</Table.Td>
              <Table.Td>
                <Time at={at} />
              </Table.Td>
            </Table.Tr>
          ))}
        <Table.Tr>
          <Table.Td>{t('Restarts')}</Table.Td>
          <Table.Td>{health.restarts}</Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}

function NextInstants({ id }: { id: string }): ReactNode {
  const t = useT();
  const preview = useQuery({
    queryKey: ['triggers', 'preview', id],
    queryFn: () => ask(api.GET('/api/v1/triggers/{id}/preview', { params: { path: { id }, query: { count: 8 } } })),
    refetchInterval: 10 * OFTEN_MS,
  });
  if (preview.error !== null) return <ProblemAlert error={preview.error} />;
  return (
    <Table>
      <Table.Tbody>
        {(preview.data?.items ?? []).map(({ at, local, note }) => (
          <Table.Tr key={at}>
            <Table.Td>
              <Time at={at} />
            </Table.Td>
            <Table.Td>
              {local}
              {note !== null && (
                <Text span size="xs" c="dimmed">
                  {' '}
                  {note === 'gap' ? t('the clock skips it') : t('the clock shows it twice')}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Actions({ trigger }: { trigger: Schemas['TriggerDto'] }): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const mayEdit = useMay('editor');
  const mayAct = useMay('operator');
  const [isPausing, setPausing] = useState(false);
  const [reason, setReason] = useState('');
  const { id, type, workflow_id: workflow } = trigger;
  const params = { path: { id } };
  const changes = ['triggers'];
  const resume = useAction({
    run: () => ask(api.POST('/api/v1/triggers/{id}/resume', { params })),
    changes,
    done: t('Resumed'),
  });
  const pause = useAction({
    run: () => ask(api.POST('/api/v1/triggers/{id}/pause', { params, body: { reason } })),
    changes,
    then: () => {
      setPausing(false);
      said(t('Paused; it keeps its place'), { label: t('Undo'), run: () => resume.mutate() });
    },
  });
  const isPaused = trigger.paused_reason !== null || trigger.health.status === 'paused';
  return (
    <>
      {mayAct && type === 'manual' && (
        <FireManual workflowId={workflow} onFired={(execution) => void navigate(`/executions/${execution}`)} />
      )}
      {mayAct && (type === 'cron' || type === 'schedule') && <Backfill triggerId={id} />}
      {mayEdit && isPaused && (
        <Button size="xs" onClick={() => resume.mutate()} loading={resume.isPending}>
          {t('Resume')}
        </Button>
      )}
      {mayEdit && !isPaused && (
        <Button size="xs" variant="default" onClick={() => setPausing(true)}>
          {t('Pause')}
        </Button>
      )}
      <Dialog isOpen={isPausing} onClose={() => setPausing(false)} title={t('Pause {name}', { name: trigger.name })}>
        <Form
          button={t('Pause')}
          isBusy={pause.isPending}
          isReady={reason.trim() !== ''}
          onSubmit={() => pause.mutate()}
        >
          <TextInput
            data-autofocus
            required
            label={t('Reason')}
            description={t('Whoever wonders why it does not fire reads this.')}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Form>
      </Dialog>
    </>
  );
}
