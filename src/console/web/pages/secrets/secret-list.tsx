import { Code, PasswordInput, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas, settle } from '../../api/client';
import { useAll } from '../../api/queries';
import { useT } from '../../i18n/i18n';
import { Form } from '../../ui/form';
import { ResourceList } from '../../ui/resource-list';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';

type Secret = Schemas['SecretDto'];

/** Values go in and never come out. */
export function SecretList(): ReactNode {
  const t = useT();
  const list = useAll(['secrets'], (query) => ask(api.GET('/api/v1/secrets', { params: { query } })));
  return (
    <ResourceList<Secret>
      name="secrets"
      list={list}
      empty={{
        title: t('There are no secrets'),
        text: (
          <>
            {t('Steps use one as')} <Code>{'{{ secrets.name }}'}</Code>
          </>
        ),
      }}
      keyOf={({ name }) => name}
      labelOf={({ name }) => name}
      columns={[
        [t('Name'), ({ name }) => <Code>{name}</Code>],
        [t('Description'), ({ description }) => description],
        [t('Changed'), ({ updated_at: at }) => <Time at={at} />],
      ]}
      add={t('New secret')}
      edit={t('New value')}
      form={(secret, close) => <SecretForm secret={secret} onDone={close} />}
      removal={{
        label: t('Delete'),
        title: ({ name }) => t('Delete {name}?', { name }),
        text: t('Steps that use it fail from now on. The value cannot be brought back.'),
        done: t('Deleted'),
        run: ({ name }) => settle(api.DELETE('/api/v1/secrets/{name}', { params: { path: { name } } })),
      }}
    />
  );
}

function SecretForm({ secret, onDone }: { secret: Secret | null; onDone: () => void }): ReactNode {
  const t = useT();
  const [name, setName] = useState(secret?.name ?? '');
  const [value, setValue] = useState('');
  const [description, setDescription] = useState(secret?.description ?? '');
  const save = useAction({
    run: () =>
      secret === null
        ? ask(api.POST('/api/v1/secrets', { body: { name, value, description } }))
        : ask(api.PUT('/api/v1/secrets/{name}', { params: { path: { name } }, body: { value, description } })),
    changes: ['secrets'],
    done: t('Saved'),
    then: onDone,
  });
  return (
    <Form
      button={t('Save')}
      isBusy={save.isPending}
      isReady={name !== '' && value !== ''}
      onSubmit={() => save.mutate()}
    >
      {secret === null && (
        <TextInput
          label={t('Name')}
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <PasswordInput
        label={t('Value')}
        required
        autoComplete="new-password"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <TextInput
        label={t('Description')}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </Form>
  );
}
