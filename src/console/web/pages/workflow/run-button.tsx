import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import { JsonForm } from '../../ui/json-form';
import type { JsonSchema } from '../../ui/json-schema';
import { useAction } from '../../ui/use-action';

/** Starts an execution, with the input that the definition asks for. */
export function RunButton({ workflow }: { workflow: Schemas['WorkflowDto'] }): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const [input, setInput] = useState<unknown>({});
  const [key, setKey] = useState('');
  const schema = (workflow.definition['input_schema'] ?? {}) as JsonSchema;
  const start = useAction({
    run: () =>
      ask(
        api.POST('/api/v1/workflows/{id}/execute', {
          // The same dialog, sent twice, starts one execution.
          params: { path: { id: workflow.id }, header: { 'Idempotency-Key': key } },
          body: { input: input as Record<string, unknown> },
        }),
      ),
    changes: ['executions', 'workflows'],
    then: (started) => {
      setOpen(false);
      void navigate(`/executions/${(started as { execution_id?: string }).execution_id ?? started.id}`);
    },
  });
  if (workflow.status === 'archived') return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          setKey(crypto.randomUUID());
          setOpen(true);
        }}
      >
        {t('Run')}
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title={t('Run {name}', { name: workflow.name })} size="lg">
        <Stack>
          <Text size="sm" c="dimmed">
            {t('Its steps really run. To try without effects, use the test run of the editor.')}
          </Text>
          <JsonForm schema={schema} value={input} onChange={setInput} label={t('Input')} />
          <Group justify="flex-end">
            <Button data-autofocus loading={start.isPending} onClick={() => start.mutate()}>
              {t('Run')}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
