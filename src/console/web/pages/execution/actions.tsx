import { Button, Group, Menu, Modal, Select, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas, send } from '../../api/client';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
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
  const { id, status, pause_requested: isPausing } = execution;
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
    run: (from: string | null) =>
      ask(api.POST('/api/v1/executions/{id}/retry', { params, body: from === null ? {} : { from_step: from } })),
    changes,
    done: t('Runs again'),
    then: () => {
      setChoosing(false);
      onAgain();
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
        isPending={retry.isPending}
        onClose={() => setChoosing(false)}
        onRetry={(from) => retry.mutate(from)}
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
      {mayAct && RETRIABLE.has(status) && (
        <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(null)}>
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

interface RetryFromProps {
  readonly isOpen: boolean;
  readonly steps: readonly Step[];
  readonly isPending: boolean;
  readonly onClose: () => void;
  readonly onRetry: (from: string) => void;
}

function RetryFrom({ isOpen, steps, isPending, onClose, onRetry }: RetryFromProps): ReactNode {
  const t = useT();
  const [from, setFrom] = useState<string | null>(null);
  const paths = [...new Set(steps.map((step) => step.step_path).filter((path) => !/[.[]/.test(path)))];
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t('Retry from a step')}
      closeButtonProps={{ 'aria-label': t('Close') }}
    >
      <Stack>
        <Select
          label={t('Step')}
          description={t('This step and all that follow it run again.')}
          data={paths}
          value={from}
          onChange={setFrom}
        />
        <Button disabled={from === null} loading={isPending} onClick={() => onRetry(from ?? '')}>
          {t('Retry')}
        </Button>
      </Stack>
    </Modal>
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
