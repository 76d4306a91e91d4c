import { Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface Props {
  readonly title: string;
  readonly under?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page: its heading, which is the tab's title too, its actions, its content. */
export function Page({ title, under, actions, children }: Props): ReactNode {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={2} miw={0}>
          <Title order={1} size="h2" className="page-title">
            {title}
          </Title>
          {under !== undefined && (
            <Text component="div" size="sm" c="dimmed">
              {under}
            </Text>
          )}
        </Stack>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children}
    </Stack>
  );
}

/** An empty list that says what comes next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <Stack className="empty" align="center" gap="xs" p="xl">
      <Text fw={600}>{title}</Text>
      <Text component="div" size="sm" c="dimmed" ta="center">
        {children}
      </Text>
    </Stack>
  );
}

export function Section({ title, actions, children }: Props): ReactNode {
  return (
    <section className="card" aria-label={title}>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {title}
        </Title>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children}
    </section>
  );
}
