import { Button, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas, settle } from '../../api/client';
import { useAll } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Dialog } from '../../ui/dialog';
import { Json } from '../../ui/json';
import { Listed } from '../../ui/listed';
import { Section } from '../../ui/page';
import { useAction } from '../../ui/use-action';
import { NodeTemplateForm } from './node-template-form';

type NodeTemplate = Schemas['NodeTemplateDto'];

/** Groups of steps that definitions use by name. */
export function NodeTemplates(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  /** null: a new one; undefined: the form is closed. */
  const [edited, setEdited] = useState<NodeTemplate | null | undefined>();
  const list = useAll(['node-templates'], (query) => ask(api.GET('/api/v1/node-templates', { params: { query } })));
  const empty = {
    title: t('There are no node templates'),
    text: t('A node template is a group of steps with parameters, written once and used by many workflows.'),
  };
  return (
    <Stack>
      {mayEdit && (
        <Group>
          <Button size="xs" onClick={() => setEdited(null)}>
            {t('New node template')}
          </Button>
        </Group>
      )}
      <Listed list={list} empty={empty}>
        {(items) => (
          <div className="grid">
            {items.map((template) => (
              <Template key={template.id} template={template} onEdit={() => setEdited(template)} />
            ))}
          </div>
        )}
      </Listed>
      <Dialog
        title={edited?.name ?? t('New node template')}
        isOpen={edited !== undefined}
        onClose={() => setEdited(undefined)}
        size="xl"
      >
        {edited !== undefined && <NodeTemplateForm template={edited} onDone={() => setEdited(undefined)} />}
      </Dialog>
    </Stack>
  );
}

function Template({ template, onEdit }: { template: NodeTemplate; onEdit: () => void }): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const { ask: confirm, dialog } = useConfirm();
  const { id, name, version, description, parameters, steps } = template;
  const remove = useAction({
    run: () => settle(api.DELETE('/api/v1/node-templates/{id}', { params: { path: { id } } })),
    changes: ['node-templates'],
    done: t('Deleted'),
  });
  const askToRemove = (): void =>
    confirm({
      title: t('Delete {name}?', { name }),
      text: t('Workflows that use it keep the version that they were saved with.'),
      button: t('Delete'),
      run: () => remove.mutate(),
    });
  return (
    <Section
      title={`${name}@${version}`}
      actions={
        mayEdit && (
          <>
            <Button size="compact-sm" variant="default" onClick={onEdit}>
              {t('Edit')}
            </Button>
            <Button size="compact-sm" variant="default" onClick={askToRemove}>
              {t('Delete')}
            </Button>
          </>
        )
      }
    >
      {dialog}
      <Text size="sm" c="dimmed" mb="xs">
        {description}
      </Text>
      <Json label={name} value={{ parameters, steps }} />
    </Section>
  );
}
