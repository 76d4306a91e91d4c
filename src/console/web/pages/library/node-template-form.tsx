import { Code, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { parseDocument, stringify } from 'yaml';
import { api, ask, type Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { Form } from '../../ui/form';
import { ProblemAlert } from '../../ui/problem-alert';
import { useAction } from '../../ui/use-action';

type NodeTemplate = Schemas['NodeTemplateDto'];
type Body = Pick<Schemas['NewNodeTemplateBody'], 'parameters' | 'steps'>;

/** One that works, to be changed. */
const BLANK = `parameters:
  who: {type: string, required: true, description: a name}
steps:
  - id: tell
    type: log
    config:
      message: "Hello, {{ parameters.who }}"
`;

interface Props {
  readonly template: NodeTemplate | null;
  readonly onDone: () => void;
}

/** Parameters and steps as YAML. A change makes a new version; the old ones stay usable. */
export function NodeTemplateForm({ template, onDone }: Props): ReactNode {
  const t = useT();
  const [name, setName] = useState(template?.name ?? '');
  const [description, setDescription] = useState(template?.description ?? '');
  const [text, setText] = useState(() => (template === null ? BLANK : textOf(template)));
  const { body, fault } = read(text);
  const save = useAction({
    run: () => {
      const change = { ...(body as Body), description };
      return template === null
        ? ask(api.POST('/api/v1/node-templates', { body: { ...change, name } }))
        : ask(api.PUT('/api/v1/node-templates/{id}', { params: { path: { id: template.id } }, body: change }));
    },
    changes: ['node-templates'],
    done: t('Saved'),
    then: onDone,
  });
  return (
    <Form
      button={t('Save')}
      isBusy={save.isPending}
      isReady={name !== '' && body !== null}
      onSubmit={() => save.mutate()}
    >
      {template === null && (
        <TextInput
          label={t('Name')}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <TextInput
        label={t('Description')}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Textarea
        label={t('Parameters and steps')}
        className="code-field"
        autosize
        minRows={10}
        maxRows={24}
        spellCheck={false}
        value={text}
        error={fault}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Text size="sm" c="dimmed">
        {t('A step uses it so:')} <Code>{`{id: …, template: ${name === '' ? 'name' : name}@1, with: {…}}`}</Code>
      </Text>
      {save.error !== null && <ProblemAlert error={save.error} />}
    </Form>
  );
}

function textOf({ parameters, steps }: NodeTemplate): string {
  return stringify({ parameters, steps }, { lineWidth: 0 });
}

function read(text: string): { body: unknown; fault: string | null } {
  const document = parseDocument(text);
  const [error] = document.errors;
  return error === undefined ? { body: document.toJS() as unknown, fault: null } : { body: null, fault: error.message };
}
