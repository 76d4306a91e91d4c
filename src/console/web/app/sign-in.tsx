import { Alert, Anchor, Button, Center, Code, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import { useT } from '../i18n/i18n';
import { Logo } from './logo';

interface Props {
  readonly isRefused: boolean;
  readonly onKey: (key: string) => void;
}

export function SignIn({ isRefused, onKey }: Props): ReactNode {
  const t = useT();
  const [key, setKey] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (key.trim() !== '') onKey(key.trim());
  };
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder shadow="sm" p="xl" radius="md" w="100%" maw={420}>
        <form onSubmit={submit}>
          <Stack>
            <Logo size={40} />
            <Title order={1} size="h3">
              {t('Sign in to Millrace')}
            </Title>
            {isRefused && (
              <Alert color="red" role="alert">
                {t('The server does not accept this key. It may have expired or been revoked.')}
              </Alert>
            )}
            <PasswordInput
              label={t('API key')}
              placeholder="mr_…"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
              autoFocus
              required
            />
            <Button type="submit">{t('Sign in')}</Button>
            <Text size="sm" c="dimmed">
              {t('The first start prints the key of the administrator. Later it is in the data folder:')}{' '}
              <Code>.millrace/admin-api-key</Code>
            </Text>
            <Text size="sm" c="dimmed">
              {t('The key stays in this tab.')}{' '}
              <Anchor size="sm" underline="always" href="/docs">
                {t('API documentation')}
              </Anchor>
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
