import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask, everything } from '../../api/client';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Json } from '../../ui/json';
import { Loading } from '../../ui/loading';
import { Empty, Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { useAction } from '../../ui/use-action';

/** Groups of steps that definitions use by name. */
export function NodeTemplates(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const { ask: confirm, dialog } = useConfirm();
  const list = useQuery({
    queryKey: ['node-templates'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/node-templates', {
            params: { query: { limit: 100, ...(cursor !== undefined && { cursor }) } },
          }),
        ),
      ),
  });
  const remove = useAction({
    run: async (id: string) => {
      const { response, error } = await api.DELETE('/api/v1/node-templates/{id}', { params: { path: { id } } });
      if (!response.ok) await ask(Promise.resolve({ response, error }));
    },
    changes: ['node-templates'],
    done: t('Deleted'),
  });
  if (list.error !== null) return <ProblemAlert error={list.error} />;
  if (list.data === undefined) return <Loading />;
  if (list.data.length === 0)
    return (
      <Empty title={t('There are no node templates')}>
        {t('A node template is a group of steps with parameters, made by POST /node-templates.')}
      </Empty>
    );
  return (
    <div className="grid">
      {dialog}
      {list.data.map((template) => (
        <Section
          key={template.id}
          title={`${template.name} · ${t('version {n}', { n: template.version })}`}
          actions={
            mayEdit && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() =>
                  confirm({
                    title: t('Delete {name}?', { name: template.name }),
                    text: t('Workflows that use it keep the version that they were saved with.'),
                    button: t('Delete'),
                    run: () => remove.mutate(template.id),
                  })
                }
              >
                {t('Delete')}
              </Button>
            )
          }
        >
          <Text size="sm" c="dimmed">
            {template.description}
          </Text>
          <Json label={template.name} value={{ parameters: template.parameters, steps: template.steps }} />
        </Section>
      ))}
    </div>
  );
}
