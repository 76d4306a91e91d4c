import { Button, Code, Group, Modal, PasswordInput, Stack, Table, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, everything, type Schemas } from '../../api/client';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';

/** Values go in and never come out. */
export function SecretList(): ReactNode {
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  /** The one that gets a new value; null: a new one; undefined: closed. */
  const [edited, setEdited] = useState<Schemas['SecretDto'] | null | undefined>();
  const list = useQuery({
    queryKey: ['secrets'],
    queryFn: () =>
      everything((cursor) =>
        ask(api.GET('/api/v1/secrets', { params: { query: { limit: 100, ...(cursor !== undefined && { cursor }) } } })),
      ),
  });
  const remove = useAction({
    run: async (name: string) => {
      const { response, error } = await api.DELETE('/api/v1/secrets/{name}', { params: { path: { name } } });
      if (!response.ok) await ask(Promise.resolve({ response, error }));
    },
    changes: ['secrets'],
    done: t('Deleted'),
  });
  if (list.error !== null) return <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Loading />;
  return (
    <Stack>
      {dialog}
      <Group>
        <Button size="xs" onClick={() => setEdited(null)}>
          {t('New secret')}
        </Button>
      </Group>
      {list.data.length === 0 ? (
        <Empty title={t('There are no secrets')}>
          {t('Steps use one as')} <Code>{'{{ secrets.name }}'}</Code>
        </Empty>
      ) : (
        <Table.ScrollContainer minWidth={520} className="card">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Name')}</Table.Th>
                <Table.Th>{t('Description')}</Table.Th>
                <Table.Th>{t('Changed')}</Table.Th>
                <Table.Th aria-label={t('Actions')} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.data.map((secret) => (
                <Table.Tr key={secret.name}>
                  <Table.Td>
                    <Code>{secret.name}</Code>
                  </Table.Td>
                  <Table.Td>{secret.description}</Table.Td>
                  <Table.Td>
                    <Time at={secret.updated_at} />
                  </Table.Td>
                  <Table.Td>
                    <Group gap="xs" justify="flex-end" wrap="nowrap">
                      <Button size="compact-sm" variant="default" onClick={() => setEdited(secret)}>
                        {t('New value')}
                      </Button>
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() =>
                          confirm({
                            title: t('Delete {name}?', { name: secret.name }),
                            text: t('Steps that use it fail from now on. The value cannot be brought back.'),
                            button: t('Delete'),
                            typed: secret.name,
                            run: () => remove.mutate(secret.name),
                          })
                        }
                      >
                        {t('Delete')}
                      </Button>
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal
        opened={edited !== undefined}
        onClose={() => setEdited(undefined)}
        title={edited === null ? t('New secret') : edited?.name}
        closeButtonProps={{ 'aria-label': t('Close') }}
      >
        {edited !== undefined && <SecretForm secret={edited} onDone={() => setEdited(undefined)} />}
      </Modal>
    </Stack>
  );
}

function SecretForm({ secret, onDone }: { secret: Schemas['SecretDto'] | null; onDone: () => void }): ReactNode {
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
    <Stack>
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
      <Button loading={save.isPending} disabled={name === '' || value === ''} onClick={() => save.mutate()}>
        {t('Save')}
      </Button>
    </Stack>
  );
}
