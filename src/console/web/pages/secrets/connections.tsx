import { Button, Code, Group, JsonInput, Modal, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, everything, type Schemas } from '../../api/client';
import { problemFrom } from '../../api/problem';
import { translateWord, useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Time, duration } from '../../ui/time';
import { failed, said } from '../../ui/toasts';
import { useAction } from '../../ui/use-action';

type Connection = Schemas['ConnectionDto'];
type ConnectionType = Connection['type'];

/** What each type asks for at least; its page in the guide has all. */
const BLANKS: Readonly<Record<ConnectionType, object>> = {
  database: { url: 'postgresql://user@host/database', password: '{{ secrets.database }}' },
  smtp: { host: 'smtp.example.com', port: 587, user: 'me', password: '{{ secrets.mail }}', from: 'me@example.com' },
  imap: { host: 'imap.example.com', port: 993, user: 'me', password: '{{ secrets.mail }}' },
  github: { token: '{{ secrets.github }}' },
  mcp: { url: 'https://mcp.example.com' },
  llm: { provider: 'openai', api_key: '{{ secrets.llm }}' },
};

export function Connections(): ReactNode {
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  const [edited, setEdited] = useState<Connection | null | undefined>();
  const list = useQuery({
    queryKey: ['connections'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/connections', {
            params: { query: { limit: 100, ...(cursor !== undefined && { cursor }) } },
          }),
        ),
      ),
  });
  const remove = useAction({
    run: async (id: string) => {
      const { response, error } = await api.DELETE('/api/v1/connections/{id}', { params: { path: { id } } });
      if (!response.ok) await ask(Promise.resolve({ response, error }));
    },
    changes: ['connections'],
    done: t('Deleted'),
  });
  const test = useAction({
    run: (id: string) => ask(api.POST('/api/v1/connections/{id}/test', { params: { path: { id } } })),
    changes: [],
    then: ({ ok, error, duration_ms: took, detail }) => {
      if (ok) said(t('It works: {detail} ({took})', { detail: detail ?? 'ok', took: duration(took) }));
      else failed(problemFrom(0, { code: error?.code, detail: error?.message }));
    },
  });
  if (list.error !== null) return <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Loading />;
  return (
    <Stack>
      {dialog}
      <Group>
        <Button size="xs" onClick={() => setEdited(null)}>
          {t('New connection')}
        </Button>
      </Group>
      {list.data.length === 0 ? (
        <Empty title={t('There are no connections')}>
          {t('A connection names a database, a mail server, GitHub or a model once, for all workflows.')}
        </Empty>
      ) : (
        <Table.ScrollContainer minWidth={560} className="card">
          <Table>
            <Table.Tbody>
              {list.data.map((connection) => (
                <Table.Tr key={connection.id}>
                  <Table.Td>
                    <Code>{connection.name}</Code>
                    <Text size="xs" c="dimmed">
                      {connection.description}
                    </Text>
                  </Table.Td>
                  <Table.Td>{translateWord(t, connection.type)}</Table.Td>
                  <Table.Td>
                    <Time at={connection.updated_at} />
                  </Table.Td>
                  <Table.Td>
                    <Group gap="xs" justify="flex-end" wrap="nowrap">
                      <Button
                        size="compact-sm"
                        variant="default"
                        loading={test.isPending && test.variables === connection.id}
                        onClick={() => test.mutate(connection.id)}
                      >
                        {t('Test')}
                      </Button>
                      <Button size="compact-sm" variant="default" onClick={() => setEdited(connection)}>
                        {t('Edit')}
                      </Button>
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() =>
                          confirm({
                            title: t('Delete {name}?', { name: connection.name }),
                            text: t('Steps and triggers that use it fail from now on.'),
                            button: t('Delete'),
                            typed: connection.name,
                            run: () => remove.mutate(connection.id),
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
        title={edited === null ? t('New connection') : edited?.name}
        size="lg"
        closeButtonProps={{ 'aria-label': t('Close') }}
      >
        {edited !== undefined && <ConnectionForm connection={edited} onDone={() => setEdited(undefined)} />}
      </Modal>
    </Stack>
  );
}

function ConnectionForm({ connection, onDone }: { connection: Connection | null; onDone: () => void }): ReactNode {
  const t = useT();
  const [name, setName] = useState(connection?.name ?? '');
  const [type, setType] = useState<ConnectionType>(connection?.type ?? 'database');
  const [text, setText] = useState(JSON.stringify(connection?.config ?? BLANKS[type], null, 2));
  const save = useAction({
    run: () => {
      const config = JSON.parse(text) as Record<string, unknown>;
      return connection === null
        ? ask(api.POST('/api/v1/connections', { body: { name, type, config } }))
        : ask(api.PUT('/api/v1/connections/{id}', { params: { path: { id: connection.id } }, body: { name, config } }));
    },
    changes: ['connections'],
    done: t('Saved'),
    then: onDone,
  });
  return (
    <Stack>
      <TextInput
        label={t('Name')}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {connection === null && (
        <Select
          label={t('Type')}
          data={Object.keys(BLANKS).map((value) => ({ value, label: translateWord(t, value) }))}
          value={type}
          allowDeselect={false}
          onChange={(value) => {
            const next = (value ?? type) as ConnectionType;
            setType(next);
            setText(JSON.stringify(BLANKS[next], null, 2));
          }}
        />
      )}
      <JsonInput
        label={t('Configuration')}
        description={t('Secret values belong in secrets; name them here.')}
        validationError={t('This is no JSON')}
        autosize
        minRows={6}
        value={text}
        onChange={setText}
      />
      <Button loading={save.isPending} disabled={name === ''} onClick={() => save.mutate()}>
        {t('Save')}
      </Button>
    </Stack>
  );
}
