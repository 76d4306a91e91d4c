import { Button, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { useAll } from '../../api/queries';
import { STARTERS } from '../../editor/starters';
import { useT } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import { Form } from '../../ui/form';
import { valueOf } from '../../ui/json-form';
import { useAction } from '../../ui/use-action';

interface Props {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Where a workflow begins: a starter of the console's, or a template of this server. */
export function CreateWorkflow({ isOpen, onClose }: Props): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const [template, setTemplate] = useState<Schemas['WorkflowDto'] | null>(null);
  const templates = useAll(
    ['workflows', 'templates'],
    (query) => ask(api.GET('/api/v1/workflows', { params: { query: { ...query, is_template: true } } })),
    { enabled: isOpen },
  );
  const close = (): void => {
    setTemplate(null);
    onClose();
  };
  return (
    <Dialog isOpen={isOpen} onClose={close} title={t('New workflow')} size="lg">
      {template !== null ? (
        <Instantiate template={template} onBack={() => setTemplate(null)} onDone={close} />
      ) : (
        <Stack gap="xs">
          {STARTERS.map(({ id, title, text }) => (
            <Choice
              key={id}
              title={t(title)}
              text={t(text)}
              onChoose={() => {
                close();
                void navigate(`/workflows/new?from=${id}`);
              }}
            />
          ))}
          {(templates.data ?? []).map((workflow) => (
            <Choice
              key={workflow.id}
              title={workflow.name}
              text={workflow.description === '' ? t('Template of this server') : workflow.description}
              onChoose={() => setTemplate(workflow)}
            />
          ))}
        </Stack>
      )}
    </Dialog>
  );
}

function Choice({ title, text, onChoose }: { title: string; text: string; onChoose: () => void }): ReactNode {
  return (
    <UnstyledButton className="card choice" onClick={onChoose}>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed">
        {text}
      </Text>
    </UnstyledButton>
  );
}

interface InstantiateProps {
  readonly template: Schemas['WorkflowDto'];
  readonly onBack: () => void;
  readonly onDone: () => void;
}

export function Instantiate({ template, onBack, onDone }: InstantiateProps): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const [name, setName] = useState(template.name);
  const names = Object.keys(template.variables);
  const [values, setValues] = useState<Record<string, string>>({});
  const create = useAction({
    run: () => {
      const entries = Object.entries(values).filter(([, value]) => value !== '');
      const variables = Object.fromEntries(entries.map(([key, value]) => [key, valueOf(value)]));
      const params = { path: { id: template.id } };
      return ask(api.POST('/api/v1/workflows/{id}/instantiate', { params, body: { name, variables } }));
    },
    changes: ['workflows'],
    done: t('Created'),
    then: ({ slug }) => {
      onDone();
      void navigate(`/workflows/${slug}`);
    },
  });
  return (
    <Form button={t('Create')} isBusy={create.isPending} isReady={name.trim() !== ''} onSubmit={() => create.mutate()}>
      <TextInput
        label={t('Name')}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
      />
      {names.map((key) => (
        <TextInput
          key={key}
          label={key}
          placeholder={JSON.stringify(template.variables[key])}
          value={values[key] ?? ''}
          onChange={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
        />
      ))}
      <Button variant="subtle" onClick={onBack}>
        {t('Back')}
      </Button>
    </Form>
  );
}
