import { Alert, Button, Code, CopyButton, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas, settle } from '../../api/client';
import { useAll } from '../../api/queries';
import type { Role } from '../../app/session';
import { translateWord, useT } from '../../i18n/i18n';
import { Form } from '../../ui/form';
import { ResourceList } from '../../ui/resource-list';
import { Time, useZone } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { instantAt } from '../../ui/zone-time';

type ApiKey = Schemas['ApiKeyDto'];
const ROLES: readonly Role[] = ['viewer', 'operator', 'editor', 'admin'];

export function Keys(): ReactNode {
  const t = useT();
  const list = useAll(['keys'], (query) => ask(api.GET('/api/v1/api-keys', { params: { query } })));
  return (
    <ResourceList<ApiKey>
      name="keys"
      list={list}
      empty={{
        title: t('There are no further keys'),
        text: t('Give each program and each person a key of their own, with the least role that does.'),
      }}
      keyOf={({ id }) => id}
      labelOf={({ name }) => name}
      columns={[
        [t('Name'), ({ name }) => name],
        [t('Begins with'), ({ prefix }) => <Code>{prefix}…</Code>],
        [t('Role'), ({ role }) => translateWord(t, role)],
        [t('Scopes'), ({ scopes }) => scopes.join(', ')],
        [t('Last used'), ({ last_used: at }) => <Time at={at} />],
        [t('Expires'), ({ expires_at: at }) => <Time at={at} />],
      ]}
      add={t('New key')}
      form={() => <NewKey />}
      removal={{
        label: t('Revoke'),
        title: ({ name }) => t('Revoke {name}?', { name }),
        text: t('Whoever uses this key is refused at once.'),
        done: t('Revoked'),
        run: ({ id }) => settle(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } })),
      }}
    />
  );
}

function NewKey(): ReactNode {
  const t = useT();
  const zone = useZone();
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
            ...(expires !== '' && { expires_at: instantAt(expires, zone) }),
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
    <Form button={t('Create')} isBusy={create.isPending} isReady={name.trim() !== ''} onSubmit={() => create.mutate()}>
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
        description={t('Times are those of {zone}.', { zone })}
        type="datetime-local"
        value={expires}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
    </Form>
  );
}
