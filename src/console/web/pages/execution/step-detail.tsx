import { Alert, Button, Code, Group, Select, Table, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { api, ask } from '../../api/client';
import { useMay } from '../../app/session';
import { useT, translateWord } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Json } from '../../ui/json';
import { ExecutionLink } from '../../ui/links';
import { Section } from '../../ui/page';
import { Status } from '../../ui/status';
import { duration, Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import type { Step } from './live-state';

interface Props {
  readonly step: Step;
  /** The same step in every pass of a loop. */
  readonly passes: readonly Step[];
  readonly onSelect: (path: string) => void;
  readonly onClose: () => void;
  readonly onAgain: () => void;
}

interface Attempt {
  readonly attempt?: number;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly error?: { code?: string; message?: string } | null;
}

const ENDED = new Set(['completed', 'failed', 'timed_out', 'cancelled', 'skipped']);

/** What went in, what came out, why it failed, how often it tried. */
export function StepDetail({ step, passes, onSelect, onClose, onAgain }: Props): ReactNode {
  const t = useT();
  const mayAct = useMay('operator');
  const { ask: confirm, dialog } = useConfirm();
  const isShort = (step.omitted ?? []).length === 0;
  const whole = useQuery({
    queryKey: ['executions', 'step', step.id, step.status],
    queryFn: () => ask(api.GET('/api/v1/step-executions/{id}', { params: { path: { id: step.id } } })),
    enabled: !isShort,
  });
  const { input, output } = whole.data ?? step;
  const retry = useAction({
    run: () => ask(api.POST('/api/v1/step-executions/{id}/retry', { params: { path: { id: step.id } }, body: {} })),
    changes: ['executions'],
    done: t('Runs again'),
    then: onAgain,
  });
  const attempts = step.attempts as readonly Attempt[];
  return (
    <Section
      title={t('Step {path}', { path: step.step_path })}
      actions={
        <>
          {passes.length > 1 && (
            <Select
              size="xs"
              aria-label={t('Pass')}
              data={passes.map((pass) => pass.step_path)}
              value={step.step_path}
              onChange={(path) => {
                if (path !== null) onSelect(path);
              }}
              searchable
              limit={100}
            />
          )}
          {mayAct && ENDED.has(step.status) && step.status !== 'skipped' && (
            <Button
              size="xs"
              variant="default"
              loading={retry.isPending}
              onClick={() =>
                confirm({
                  title: t('Retry from {path}?', { path: step.step_path }),
                  text: t('This step and all that follow it run again.'),
                  button: t('Retry'),
                  run: () => retry.mutate(),
                })
              }
            >
              {t('Retry from here')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={onClose}>
            {t('Close')}
          </Button>
        </>
      }
    >
      {dialog}
      <Group gap="md" mb="sm">
        <Status value={step.status} />
        <Text size="sm">{step.type}</Text>
        <Text size="sm">{t('attempt {n}', { n: step.attempt })}</Text>
        <Text size="sm">{duration(step.duration_ms)}</Text>
        <Text size="sm" component="span">
          <Time at={step.started_at} />
        </Text>
        <Waiting step={step} />
      </Group>
      {step.error !== null && (
        <Alert color="red" title={step.error.message} mb="sm">
          <Code>{step.error.code}</Code>
        </Alert>
      )}
      <Tabs defaultValue={step.error === null ? 'output' : 'input'} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="input">{t('Input')}</Tabs.Tab>
          <Tabs.Tab value="output">{t('Output')}</Tabs.Tab>
          <Tabs.Tab value="attempts">{t('Attempts')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="input">
          <Json label={t('Input')} value={input} />
        </Tabs.Panel>
        <Tabs.Panel value="output">
          <Json label={t('Output')} value={output} />
        </Tabs.Panel>
        <Tabs.Panel value="attempts">
          {attempts.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('It needed no further attempt.')}
            </Text>
          ) : (
            <Table>
              <Table.Tbody>
                {attempts.map((attempt, n) => (
                  <Table.Tr key={n}>
                    <Table.Td>{attempt.attempt ?? n + 1}</Table.Td>
                    <Table.Td>
                      <Time at={attempt.started_at} />
                    </Table.Td>
                    <Table.Td>
                      <Code>{attempt.error?.code}</Code> {attempt.error?.message}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Tabs.Panel>
      </Tabs>
    </Section>
  );
}

function Waiting({ step: { waiting, execution_id: id } }: { step: Step }): ReactNode {
  const t = useT();
  if (waiting === null) return null;
  return (
    <Text size="sm" component="span">
      {t('waits for: {what}', { what: translateWord(t, waiting.for) })} <Time at={waiting.until} />{' '}
      {waiting.for === 'approval' && (
        <Link className="link" to={`/approvals?execution_id=${id}`}>
          {t('Decide')}
        </Link>
      )}
      {waiting.execution_id !== undefined && <ExecutionLink id={waiting.execution_id} />}
    </Text>
  );
}
