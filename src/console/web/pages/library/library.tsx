import { Badge, Button, Modal, Tabs, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { api, ask, everything, type Schemas } from '../../api/client';
import { useNodeTypes, useTriggerTypes } from '../../api/queries';
import { useMay } from '../../app/session';
import { useT } from '../../i18n/i18n';
import type { JsonSchema } from '../../ui/json-schema';
import { Json } from '../../ui/json';
import { Loading } from '../../ui/loading';
import { Empty, Page } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { useFilters } from '../../ui/use-filters';
import { Instantiate } from '../workflows/create-workflow';
import { NodeTemplates } from './node-templates';
import { SchemaTable } from './schema-table';

/** What workflows are made of. */
export function Component(): ReactNode {
  const t = useT();
  const [{ tab = 'node-types' }, setFilters] = useFilters(['tab']);
  return (
    <Page title={t('Library')}>
      <Tabs value={tab} onChange={(value) => setFilters({ tab: value })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="node-types">{t('Node types')}</Tabs.Tab>
          <Tabs.Tab value="trigger-types">{t('Trigger types')}</Tabs.Tab>
          <Tabs.Tab value="templates">{t('Templates')}</Tabs.Tab>
          <Tabs.Tab value="node-templates">{t('Node templates')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="node-types">
          <NodeTypes />
        </Tabs.Panel>
        <Tabs.Panel value="trigger-types">
          <TriggerTypes />
        </Tabs.Panel>
        <Tabs.Panel value="templates">
          <WorkflowTemplates />
        </Tabs.Panel>
        <Tabs.Panel value="node-templates">
          <NodeTemplates />
        </Tabs.Panel>
      </Tabs>
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
  const types = useNodeTypes();
  if (types.error !== null) return <ProblemAlert error={types.error} onRetry={() => void types.refetch()} />;
  if (types.data === undefined) return <Loading />;
  return <Types items={types.data} />;
}

function TriggerTypes(): ReactNode {
  const types = useTriggerTypes();
  if (types.error !== null) return <ProblemAlert error={types.error} onRetry={() => void types.refetch()} />;
  if (types.data === undefined) return <Loading />;
  return <Types items={types.data} />;
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
      <Modal
        opened={open !== undefined}
        onClose={() => setFilters({ type: null })}
        title={open?.title}
        size="xl"
        closeButtonProps={{ 'aria-label': t('Close') }}
      >
        {open !== undefined && (
          <>
            <Text size="sm" mb="sm">
              {open.description}
            </Text>
            <SchemaTable schema={open.schema as JsonSchema} />
            <Json label={t('JSON Schema')} value={open.schema} />
          </>
        )}
      </Modal>
    </>
  );
}

function WorkflowTemplates(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const [chosen, setChosen] = useState<Schemas['WorkflowDto'] | null>(null);
  const list = useQuery({
    queryKey: ['workflows', 'templates', 'all'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/workflows', {
            params: { query: { limit: 50, is_template: true, ...(cursor !== undefined && { cursor }) } },
          }),
        ),
      ),
  });
  if (list.error !== null) return <ProblemAlert error={list.error} />;
  if (list.data === undefined) return <Loading />;
  if (list.data.length === 0)
    return (
      <Empty title={t('There are no templates')}>
        {t('A workflow with `is_template: true` is one: others are made from it.')}
      </Empty>
    );
  return (
    <div className="grid">
      {list.data.map((workflow) => (
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
      <Modal
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        title={chosen?.name}
        closeButtonProps={{ 'aria-label': t('Close') }}
      >
        {chosen !== null && (
          <Instantiate template={chosen} onBack={() => setChosen(null)} onDone={() => setChosen(null)} />
        )}
      </Modal>
    </div>
  );
}
