import { Alert, Button, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useWorkflow } from '../../api/queries';
import { useT } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import { JsonForm } from '../../ui/json-form';
import { useAction } from '../../ui/use-action';

type Fired = Partial<Schemas['FiredDto'] & Schemas['ConfirmationDto']>;

interface Props {
  readonly workflowId: string;
  readonly onFired: (executionId: string) => void;
}

/** Fires a manual trigger; where it asks for a confirmation, a second button gives it. */
export function FireManual({ workflowId, onFired }: Props): ReactNode {
  const t = useT();
  const workflow = useWorkflow(workflowId);
  const [isOpen, setOpen] = useState(false);
  const [input, setInput] = useState<unknown>({});
  const [token, setToken] = useState<string | null>(null);
  const settle = (fired: Fired): void => {
    if (fired.confirmation_token !== undefined) {
      setToken(fired.confirmation_token);
      return;
    }
    setOpen(false);
    setToken(null);
    const execution = fired.execution_id ?? fired.id;
    if (typeof execution === 'string') onFired(execution);
  };
  const params = { path: { id: workflowId } };
  const fire = useAction({
    run: async () =>
      (await ask(api.POST('/api/v1/triggers/workflows/{id}/manual', { params, body: { input } }))) as Fired,
    changes: ['triggers', 'executions'],
    then: settle,
  });
  const confirm = useAction({
    run: async () =>
      (await ask(
        api.POST('/api/v1/triggers/workflows/{id}/manual/confirm', { params, body: { token: token ?? '' } }),
      )) as Fired,
    changes: ['triggers', 'executions'],
    then: settle,
  });
  return (
    <>
      <Button size="xs" onClick={() => setOpen(true)}>
        {t('Fire')}
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
          setToken(null);
        }}
        title={t('Fire')}
        size="lg"
      >
        <Stack>
          {token === null ? (
            <>
              <JsonForm
                schema={workflow.data?.definition['input_schema'] ?? {}}
                label={t('Input')}
                value={input}
                onChange={setInput}
              />
              <Button loading={fire.isPending} onClick={() => fire.mutate()}>
                {t('Fire')}
              </Button>
            </>
          ) : (
            <>
              <Alert color="yellow">{t('This trigger asks for a second look before it starts anything.')}</Alert>
              <Button loading={confirm.isPending} onClick={() => confirm.mutate()}>
                {t('Yes, start it')}
              </Button>
            </>
          )}
        </Stack>
      </Dialog>
    </>
  );
}
