import { Button, Checkbox, Group, JsonInput, Stack, Table, Text } from '@mantine/core';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { api, ask, type Schemas } from '../api/client';
import { useT } from '../i18n/i18n';
import { useLive } from '../pages/execution/live-state';
import { Dialog } from '../ui/dialog';
import { JsonForm } from '../ui/json-form';
import type { JsonSchema } from '../ui/json-schema';
import { ExecutionLink } from '../ui/links';
import { Status } from '../ui/status';
import { duration } from '../ui/time';
import { useAction } from '../ui/use-action';

interface Props {
  readonly workflowId: string;
  readonly inputSchema: JsonSchema;
  readonly steps: readonly string[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The states of the steps by id, as the run goes on. */
  readonly onStatuses: (statuses: ReadonlyMap<string, string>) => void;
}

/** A run in which given outputs stand in for steps: nothing is sent, charged or waited for. */
export function TestRun({ workflowId, inputSchema, steps, isOpen, onClose, onStatuses }: Props): ReactNode {
  const t = useT();
  const [input, setInput] = useState<unknown>({});
  const [mocks, setMocks] = useState<Readonly<Record<string, string>>>({});
  const [execution, setExecution] = useState<string | null>(null);
  const start = useAction({
    run: () =>
      ask(
        api.POST('/api/v1/workflows/{id}/test', {
          params: { path: { id: workflowId } },
          body: { input: input as Record<string, unknown>, mocks: parsed(mocks) },
        }),
      ),
    changes: ['executions'],
    then: (started) => setExecution((started as Schemas['StartedDto']).execution_id),
  });
  const toggle = (step: string): void =>
    setMocks(
      step in mocks
        ? Object.fromEntries(Object.entries(mocks).filter(([name]) => name !== step))
        : { ...mocks, [step]: '{}' },
    );
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t('Test run')} size="xl">
      <Stack>
        <Text size="sm" c="dimmed">
          {t('A ticked step does not run: what you write is its output. The others run for real.')}
        </Text>
        <JsonForm schema={inputSchema} label={t('Input')} value={input} onChange={setInput} />
        {steps.map((step) => (
          <div key={step}>
            <Checkbox label={step} checked={step in mocks} onChange={() => toggle(step)} />
            {step in mocks && (
              <JsonInput
                aria-label={t('Output of {step}', { step })}
                autosize
                validationError={t('This is no JSON')}
                value={mocks[step] ?? ''}
                onChange={(value) => setMocks({ ...mocks, [step]: value })}
              />
            )}
          </div>
        ))}
        <Group>
          <Button loading={start.isPending} onClick={() => start.mutate()}>
            {t('Run the test')}
          </Button>
          {execution !== null && <ExecutionLink id={execution} />}
        </Group>
        {execution !== null && <Progress key={execution} id={execution} onStatuses={onStatuses} />}
      </Stack>
    </Dialog>
  );
}

function Progress({ id, onStatuses }: { id: string; onStatuses: Props['onStatuses'] }): ReactNode {
  const { state } = useLive(id, 0);
  const steps = useMemo(() => [...state.steps.values()], [state.steps]);
  useEffect(() => onStatuses(new Map(steps.map((step) => [step.step_id, step.status]))), [steps, onStatuses]);
  return (
    <div data-test-run={state.execution.status}>
      {state.execution.status !== undefined && <Status value={state.execution.status} />}
      <Table>
        <Table.Tbody>
          {steps.map((step) => (
            <Table.Tr key={step.id}>
              <Table.Td>{step.step_path}</Table.Td>
              <Table.Td>
                <Status value={step.status} />
              </Table.Td>
              <Table.Td>{duration(step.duration_ms)}</Table.Td>
              <Table.Td>{step.error?.message ?? JSON.stringify(step.output)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function parsed(mocks: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(mocks).map(([step, text]) => [step, JSON.parse(text) as unknown]));
}
