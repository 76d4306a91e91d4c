import { Badge, Button, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { useAll, useNodeTypes, useTriggerTypes } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import { Dialog } from '../../ui/dialog';
import type { JsonSchema } from '../../ui/json-schema';
import { Json } from '../../ui/json';
import { Listed } from '../../ui/listed';
import { Page } from '../../ui/page';
import { TabPanels } from '../../ui/tab-panels';
import { useFilters } from '../../ui/use-filters';
import { Instantiate } from '../workflows/create-workflow';
import { NodeTemplates } from './node-templates';
import { SchemaTable } from './schema-table';

const TABS = {
  'node-types': { title: 'Node types', content: () => <NodeTypes /> },
  'trigger-types': { title: 'Trigger types', content: () => <TriggerTypes /> },
  templates: { title: 'Templates', content: () => <WorkflowTemplates /> },
  'node-templates': { title: 'Node templates', content: () => <NodeTemplates /> },
} as const;

/** What workflows are made of. */
export function Component(): ReactNode {
  const t = useT();
  return (
    <Page title={t('Library')}>
      <TabPanels tabs={TABS} />
    </Page>
  );
}

interface TypeView {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly kind?: string;
  readonly ports?: readonly string[];
  readonly schema: unknown;
}

function NodeTypes(): ReactNode {
  const t = useT();
  const empty = { title: t('Nothing has this name.'), text: null };
  return (
    <Listed<TypeView> list={useNodeTypes()} empty={empty}>
      {(items) => <Types items={items} />}
    </Listed>
  );
}

function TriggerTypes(): ReactNode {
  const t = useT();
  const empty = { title: t('Nothing has this name.'), text: null };
  return (
    <Listed<TypeView> list={useTriggerTypes()} empty={empty}>
      {(items) => <Types items={items} />}
    </Listed>
  );
}

function Types({ items }: { items: readonly TypeView[] }): ReactNode {
  const t = useT();
  const [{ q = '', type }, setFilters] = useFilters(['q', 'type']);
  const shown = items.filter((each) =>
    `${each.type} ${each.title} ${each.description}`.toLowerCase().includes(q.toLowerCase()),
  );
  const open = items.find((each) => each.type === type);
  return (
    <>
      <TextInput
        label={t('Search')}
        type="search"
        mb="md"
        maw={320}
        value={q}
        onChange={(event) => setFilters({ q: event.currentTarget.value })}
      />
      <div className="grid">
        {shown.map((each) => (
          <div key={each.type} className="card">
            <Text fw={600}>
              {each.title}{' '}
              {each.kind !== undefined && (
                <Badge variant="default" className="tag">
                  {each.kind}
                </Badge>
              )}
            </Text>
            <Text size="sm" c="dimmed" mb="xs">
              {each.description}
            </Text>
            <Button size="compact-sm" variant="default" onClick={() => setFilters({ type: each.type })}>
              {t('Fields of {type}', { type: each.type })}
            </Button>
          </div>
        ))}
      </div>
      <Dialog isOpen={open !== undefined} onClose={() => setFilters({ type: null })} title={open?.title} size="xl">
        {open !== undefined && (
          <>
            <Text size="sm" mb="sm">
              {open.description}
            </Text>
            <SchemaTable schema={open.schema as JsonSchema} />
            <Json label={t('JSON Schema')} value={open.schema} />
          </>
        )}
      </Dialog>
    </>
  );
}

function WorkflowTemplates(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const [chosen, setChosen] = useState<Schemas['WorkflowDto'] | null>(null);
  const list = useAll(['workflows', 'templates'], (query) =>
    ask(api.GET('/api/v1/workflows', { params: { query: { ...query, is_template: true } } })),
  );
  const empty = {
    title: t('There are no templates'),
    text: t('Open a workflow and choose “Make it a template”: others are made from it.'),
  };
  return (
    <>
      <Listed list={list} empty={empty}>
        {(items) => (
          <div className="grid">
            {items.map((workflow) => (
              <div key={workflow.id} className="card">
                <Link className="link" to={`/workflows/${workflow.slug}`}>
                  {workflow.name}
                </Link>
                <Text size="sm" c="dimmed" mb="xs">
                  {workflow.description}
                </Text>
                {mayEdit && (
                  <Button size="compact-sm" variant="default" onClick={() => setChosen(workflow)}>
                    {t('Create from it')}
                  </Button>
                )}
              </div>
            ))}
          </div>
        )}
      </Listed>
      <Dialog isOpen={chosen !== null} onClose={() => setChosen(null)} title={chosen?.name}>
        {chosen !== null && (
          <Instantiate template={chosen} onBack={() => setChosen(null)} onDone={() => setChosen(null)} />
        )}
      </Dialog>
    </>
  );
}
