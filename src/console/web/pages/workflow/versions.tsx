import { Badge, Button, Code, Group, Select, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useAll, useVersion } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT, translateWord } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Loading } from '../../ui/loading';
import { Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Time } from '../../ui/time';
import { useAction } from '../../ui/use-action';
import { useFilters } from '../../ui/use-filters';

const TextDiff = lazy(() => import('../../editor/text-diff'));

/** Every version; two of them side by side; an old one made the newest. */
export function Versions({ workflow }: { workflow: Schemas['WorkflowDto'] }): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const { ask: confirm, dialog } = useConfirm();
  const { id, version: newest, deployed_version: inForce } = workflow;
  const [{ from, to }, setFilters] = useFilters(['from', 'to']);
  const versions = useAll(['workflows', 'versions', id], (query) =>
    ask(api.GET('/api/v1/workflows/{id}/versions', { params: { path: { id }, query } })),
  );
  const restore = useAction({
    run: (n: number) => ask(api.POST('/api/v1/workflows/{id}/versions/{n}/restore', { params: { path: { id, n } } })),
    changes: ['workflows'],
    done: t('Restored as the newest version'),
  });
  if (versions.error !== null) return <ProblemAlert error={versions.error} />;
  if (versions.data === undefined) return <Loading />;
  const numbers = versions.data.map(({ version }) => String(version));
  const left = from ?? numbers[1] ?? numbers[0] ?? '1';
  const right = to ?? numbers[0] ?? '1';
  return (
    <Stack>
      {dialog}
      <Table.ScrollContainer minWidth={480} className="card">
        <Table>
          <Table.Tbody>
            {versions.data.map(({ version, created_at: at, created_by: by }) => (
              <Table.Tr key={version}>
                <Table.Td>
                  <Group gap="xs">
                    {t('version {n}', { n: version })}
                    {version === inForce && (
                      <Badge variant="default" className="tag">
                        {t('in force')}
                      </Badge>
                    )}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Time at={at} />
                </Table.Td>
                <Table.Td>{by}</Table.Td>
                <Table.Td ta="right">
                  {mayEdit && version !== newest && (
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() =>
                        confirm({
                          title: t('Restore version {n}?', { n: version }),
                          text: t('It becomes the newest version. What is in force stays until you deploy.'),
                          button: t('Restore'),
                          run: () => restore.mutate(version),
                        })
                      }
                    >
                      {t('Restore')}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {numbers.length > 1 && (
        <Section
          title={t('Differences')}
          actions={
            <Group gap="xs">
              <Select
                size="xs"
                w={90}
                aria-label={t('From version')}
                data={numbers}
                value={left}
                onChange={(value) => setFilters({ from: value })}
              />
              →
              <Select
                size="xs"
                w={90}
                aria-label={t('To version')}
                data={numbers}
                value={right}
                onChange={(value) => setFilters({ to: value })}
              />
            </Group>
          }
        >
          <Difference id={id} from={Number(left)} to={Number(right)} />
        </Section>
      )}
    </Stack>
  );
}

function Difference({ id, from, to }: { id: string; from: number; to: number }): ReactNode {
  const t = useT();
  const diff = useQuery({
    queryKey: ['workflows', 'diff', id, from, to],
    queryFn: () =>
      ask(api.GET('/api/v1/workflows/{id}/versions/{n}/diff/{m}', { params: { path: { id, n: from, m: to } } })),
  });
  const [before, after] = [useVersion(id, from), useVersion(id, to)];
  if (diff.error !== null) return <ProblemAlert error={diff.error} />;
  if (diff.data === undefined || before.data === undefined || after.data === undefined) return <Loading />;
  const { changes } = diff.data;
  return (
    <Stack>
      {changes.length === 0 ? (
        <Text size="sm">{t('Both mean the same.')}</Text>
      ) : (
        <Table>
          <Table.Tbody>
            {changes.slice(0, 50).map(({ path, kind }) => (
              <Table.Tr key={path}>
                <Table.Td>{translateWord(t, kind)}</Table.Td>
                <Table.Td>
                  <Code>{path}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Suspense fallback={<Loading />}>
        <TextDiff before={textOf(before.data)} after={textOf(after.data)} label={t('Differences')} />
      </Suspense>
    </Stack>
  );
}

function textOf({ source, definition }: Schemas['VersionDto']): string {
  return source ?? JSON.stringify(definition, null, 2);
}
