import { Button, Checkbox, Group, Menu, Select } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, type Schemas, send } from '../../api/client';
import { useWorkflow } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Dialog } from '../../ui/dialog';
import { Form } from '../../ui/form';
import { said } from '../../ui/toasts';
import { useAction } from '../../ui/use-action';
import type { Step } from './live-state';

interface Props {
  readonly execution: Schemas['ExecutionDto'];
  readonly steps: readonly Step[];
  readonly onAgain: () => void;
}

const OPEN = new Set(['queued', 'running', 'waiting', 'paused']);
const RETRIABLE = new Set(['failed', 'timed_out', 'cancelled']);

/** What its state allows; what the role does not allow is not shown. */
export function ExecutionActions({ execution, steps, onAgain }: Props): ReactNode {
  const t = useT();
  const mayAct = useMay('operator');
  const { ask: confirm, dialog } = useConfirm();
  const [isChoosing, setChoosing] = useState(false);
  const navigate = useNavigate();
  const { id, status, pause_requested: isPausing } = execution;
  const { data: workflow } = useWorkflow(execution.workflow_id);
  // What was mended since.
  const newer = workflow !== undefined && workflow.version > execution.version ? workflow.version : null;
  const params = { path: { id } };
  const changes = ['executions'];
  const resume = useAction({
    run: () => ask(api.POST('/api/v1/executions/{id}/resume', { params })),
    changes,
    done: t('Resumed'),
    then: onAgain,
  });
  const pause = useAction({
    run: () => ask(api.POST('/api/v1/executions/{id}/pause', { params })),
    changes,
    then: () => said(t('Pauses after the running steps'), { label: t('Undo'), run: () => resume.mutate() }),
  });
  const cancel = useAction({
    run: () => ask(api.POST('/api/v1/executions/{id}/cancel', { params, body: {} })),
    changes,
    done: t('Cancelled'),
  });
  const retry = useAction({
    run: ({ from, version }: Retry) =>
      ask(
        api.POST('/api/v1/executions/{id}/retry', {
          params,
          body: { ...(from !== null && { from_step: from }), ...(version !== null && { with_version: version }) },
        }),
      ),
    changes,
    done: t('Runs again'),
    then: ({ id: running }) => {
      setChoosing(false);
      // With another version it is an execution of its own.
      if (running === id) onAgain();
      else void navigate(`/executions/${running}`);
    },
  });
  const bundle = useAction({
    run: async () => download(await (await send(`/api/v1/executions/${id}/bundle`)).blob(), `execution-${id}.json`),
    changes: [],
  });
  return (
    <Group gap="xs">
      {dialog}
      <RetryFrom
        isOpen={isChoosing}
        steps={steps}
        newer={newer}
        isPending={retry.isPending}
        onClose={() => setChoosing(false)}
        onRetry={(choice) => retry.mutate(choice)}
      />
      {mayAct && OPEN.has(status) && status !== 'paused' && !isPausing && (
        <Button size="xs" variant="default" onClick={() => pause.mutate()}>
          {t('Pause')}
        </Button>
      )}
      {mayAct && (status === 'paused' || isPausing) && (
        <Button size="xs" onClick={() => resume.mutate()}>
          {t('Resume')}
        </Button>
      )}
      {mayAct && OPEN.has(status) && (
        <Button
          size="xs"
          variant="default"
          onClick={() =>
            confirm({
              title: t('Cancel this execution?'),
              text: t('Running steps are stopped. It can be retried later.'),
              button: t('Cancel the execution'),
              run: () => cancel.mutate(),
            })
          }
        >
          {t('Cancel the execution')}
        </Button>
      )}
      {mayAct && RETRIABLE.has(status) && newer !== null && (
        <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate({ from: null, version: newer })}>
          {t('Retry with version {n}', { n: newer })}
        </Button>
      )}
      {mayAct && RETRIABLE.has(status) && (
        <Button
          size="xs"
          variant={newer === null ? 'filled' : 'default'}
          loading={retry.isPending}
          onClick={() => retry.mutate({ from: null, version: null })}
        >
          {t('Retry')}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" aria-label={t('More actions')}>
            ⋯
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {mayAct && !OPEN.has(status) && (
            <Menu.Item onClick={() => setChoosing(true)}>{t('Retry from a step…')}</Menu.Item>
          )}
          <Menu.Item onClick={() => bundle.mutate()}>{t('Download everything about it')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

interface Retry {
  /** None: from where it stopped. */
  readonly from: string | null;
  /** None: its own. */
  readonly version: number | null;
}

interface RetryFromProps {
  readonly isOpen: boolean;
  readonly steps: readonly Step[];
  readonly newer: number | null;
  readonly isPending: boolean;
  readonly onClose: () => void;
  readonly onRetry: (choice: Retry) => void;
}

function RetryFrom({ isOpen, steps, newer, isPending, onClose, onRetry }: RetryFromProps): ReactNode {
  const t = useT();
  const [from, setFrom] = useState<string | null>(null);
  const [isNewer, setNewer] = useState(false);
  const paths = [...new Set(steps.map((step) => step.step_path).filter((path) => !/[.[]/.test(path)))];
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t('Retry from a step')}>
      <Form
        button={t('Retry')}
        isBusy={isPending}
        isReady={from !== null}
        onSubmit={() => onRetry({ from, version: isNewer ? newer : null })}
      >
        <Select
          label={t('Step')}
          description={t('This step and all that follow it run again.')}
          data={paths}
          value={from}
          onChange={setFrom}
        />
        {newer !== null && (
          <Checkbox
            label={t('With version {n}, the newest', { n: newer })}
            description={t('A new execution, which keeps the results before that step.')}
            checked={isNewer}
            onChange={(event) => setNewer(event.currentTarget.checked)}
          />
        )}
      </Form>
    </Dialog>
  );
}

export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
