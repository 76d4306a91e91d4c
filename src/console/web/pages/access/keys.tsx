import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  Select,
  Stack,
  Table,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, everything, type Schemas } from '../../api/client';
import type { Role } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';

const ROLES: readonly Role[] = ['viewer', 'operator', 'editor', 'admin'];

export function Keys(): ReactNode {
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  const [isCreating, setCreating] = useState(false);
  const list = useQuery({
    queryKey: ['keys'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/api-keys', { params: { query: { limit: 100, ...(cursor !== undefined && { cursor }) } } }),
        ),
      ),
  });
  const remove = useAction({
    run: async (id: string) => {
      const { response, error } = await api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } });
      if (!response.ok) await ask(Promise.resolve({ response, error }));
    },
    changes: ['keys'],
    done: t('Revoked'),
  });
  if (list.error !== null) return <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Loading />;
  return (
    <Stack>
      {dialog}
      <Group>
        <Button size="xs" onClick={() => setCreating(true)}>
          {t('New key')}
        </Button>
      </Group>
      {list.data.length === 0 ? (
        <Empty title={t('There are no further keys')}>
          {t('Give each program and each person a key of their own, with the least role that does.')}
        </Empty>
      ) : (
        <Table.ScrollContainer minWidth={720} className="card">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Name')}</Table.Th>
                <Table.Th>{t('Begins with')}</Table.Th>
                <Table.Th>{t('Role')}</Table.Th>
                <Table.Th>{t('Scopes')}</Table.Th>
                <Table.Th>{t('Last used')}</Table.Th>
                <Table.Th>{t('Expires')}</Table.Th>
                <Table.Th aria-label={t('Actions')} />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.data.map((key) => (
                <Table.Tr key={key.id}>
                  <Table.Td>{key.name}</Table.Td>
                  <Table.Td>
                    <Code>{key.prefix}…</Code>
                  </Table.Td>
                  <Table.Td>{translateWord(t, key.role)}</Table.Td>
                  <Table.Td>{key.scopes.join(', ')}</Table.Td>
                  <Table.Td>
                    <Time at={key.last_used} />
                  </Table.Td>
                  <Table.Td>
                    <Time at={key.expires_at} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() =>
                        confirm({
                          title: t('Revoke {name}?', { name: key.name }),
                          text: t('Whoever uses this key is refused at once.'),
                          button: t('Revoke'),
                          typed: key.name,
                          run: () => remove.mutate(key.id),
                        })
                      }
                    >
                      {t('Revoke')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal
        opened={isCreating}
        onClose={() => setCreating(false)}
        title={t('New key')}
        closeButtonProps={{ 'aria-label': t('Close') }}
      >
        {isCreating && <NewKey />}
      </Modal>
    </Stack>
  );
}

function NewKey(): ReactNode {
  const t = useT();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [scopes, setScopes] = useState<string[]>([]);
  const [expires, setExpires] = useState('');
  const [made, setMade] = useState<Schemas['NewApiKeyDto'] | null>(null);
  const create = useAction({
    run: () =>
      ask(
        api.POST('/api/v1/api-keys', {
          body: {
            name,
            role,
            ...(scopes.length > 0 && { scopes }),
            ...(expires !== '' && { expires_at: new Date(expires).toISOString() }),
          },
        }),
      ),
    changes: ['keys'],
    then: setMade,
  });
  if (made !== null)
    return (
      <Alert color="green" title={t('Copy it now: it is shown this once')}>
        <Stack gap="sm" align="flex-start">
          <Code block>{made.key}</Code>
          <CopyButton value={made.key}>
            {({ copied, copy }) => (
              <Button size="xs" onClick={copy}>
                {copied ? t('Copied') : t('Copy')}
              </Button>
            )}
          </CopyButton>
        </Stack>
      </Alert>
    );
  return (
    <Stack>
      <TextInput
        label={t('Name')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('Role')}
        data={ROLES.map((value) => ({ value, label: translateWord(t, value) }))}
        value={role}
        allowDeselect={false}
        onChange={(value) => setRole(value ?? 'viewer')}
      />
      <TagsInput
        label={t('Scopes')}
        description={t('None: all that the role may do. For example executions:read')}
        value={scopes}
        onChange={setScopes}
      />
      <TextInput
        label={t('Expires')}
        type="datetime-local"
        value={expires}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
      <Button loading={create.isPending} disabled={name.trim() === ''} onClick={() => create.mutate()}>
        {t('Create')}
      </Button>
    </Stack>
  );
}
