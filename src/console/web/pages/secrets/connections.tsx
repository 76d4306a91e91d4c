import { Button, Code, JsonInput, Select, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas, settle } from '../../api/client';
import { problemFrom } from '../../api/problem';
import { useAll } from '../../api/queries';
import { translateWord, useT } from '../../i18n/i18n';
import { Form } from '../../ui/form';
import { ResourceList } from '../../ui/resource-list';
import { duration, Time } from '../../ui/time';
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
  const list = useAll(['connections'], (query) => ask(api.GET('/api/v1/connections', { params: { query } })));
  return (
    <ResourceList<Connection>
      name="connections"
      list={list}
      empty={{
        title: t('There are no connections'),
        text: t('A connection names a database, a mail server, GitHub or a model once, for all workflows.'),
      }}
      keyOf={({ id }) => id}
      labelOf={({ name }) => name}
      columns={[
        [t('Name'), (connection) => <NameOf connection={connection} />],
        [t('Type'), ({ type }) => translateWord(t, type)],
        [t('Changed'), ({ updated_at: at }) => <Time at={at} />],
      ]}
      add={t('New connection')}
      edit={t('Edit')}
      form={(connection, close) => <ConnectionForm connection={connection} onDone={close} />}
      removal={{
        label: t('Delete'),
        title: ({ name }) => t('Delete {name}?', { name }),
        text: t('Steps and triggers that use it fail from now on.'),
        done: t('Deleted'),
        run: ({ id }) => settle(api.DELETE('/api/v1/connections/{id}', { params: { path: { id } } })),
      }}
      actions={({ id }) => <TestButton id={id} />}
    />
  );
}

function NameOf({ connection: { name, description } }: { connection: Connection }): ReactNode {
  return (
    <>
      <Code>{name}</Code>
      <Text size="xs" c="dimmed">
        {description}
      </Text>
    </>
  );
}

function TestButton({ id }: { id: string }): ReactNode {
  const t = useT();
  const test = useAction({
    run: () => ask(api.POST('/api/v1/connections/{id}/test', { params: { path: { id } } })),
    changes: [],
    then: ({ ok, error, duration_ms: took, detail }) => {
      if (ok) said(t('It works: {detail} ({took})', { detail: detail ?? 'ok', took: duration(took) }));
      else failed(problemFrom(0, { code: error?.code, detail: error?.message }));
    },
  });
  return (
    <Button size="compact-sm" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
      {t('Test')}
    </Button>
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
    <Form
      button={t('Save')}
      isBusy={save.isPending}
      isReady={name !== '' && isJson(text)}
      onSubmit={() => save.mutate()}
    >
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
    </Form>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
