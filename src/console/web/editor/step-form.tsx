import { Button, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Schemas } from '../api/client';
import { useT } from '../i18n/i18n';
import { JsonForm } from '../ui/json-form';
import { Section } from '../ui/page';
import { STEP_SCHEMA } from './definition-schema';
import { changeStep, mayConnect, removeStep, renameStep, valueAt, waitFor } from './graph-edits';
import type { EditGraph, EditNode } from './graph-model';

interface Props {
  readonly node: EditNode;
  readonly graph: EditGraph;
  readonly text: string;
  readonly types: readonly Schemas['NodeTypeDto'][];
  readonly onEdit: (change: (text: string, graph: EditGraph) => string) => void;
  readonly onClose: () => void;
}

const ID = /^[A-Za-z_][\w-]*$/;
/** Lists of steps are edited in the graph. */
const NESTED = ['steps', 'then', 'else', 'cases', 'branches', 'default'];
const FIELDS = ['name', 'when', 'timeout', 'retry_policy', 'on_error', 'disabled', 'notes'] as const;

/** A form for one step, made from the JSON Schema of its type. Each change is written into the text at once. */
export function StepForm({ node, graph, text, types, onEdit, onClose }: Props): ReactNode {
  const t = useT();
  const field = graph.spelling === 'nodes' ? 'parameters' : 'config';
  const type = types.find((each) => each.type === node.type);
  const config = valueAt(text, [...node.at, field]);
  const own = Object.fromEntries(FIELDS.map((name) => [name, valueAt(text, [...node.at, name])]));
  const properties = Object.fromEntries(FIELDS.map((name) => [name, STEP_SCHEMA.properties?.[name] ?? {}]));
  return (
    <Section
      title={t('Step {path}', { path: node.step })}
      actions={
        <>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              onEdit(removeStep(node));
              onClose();
            }}
          >
            {t('Remove')}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onClose}>
            {t('Close')}
          </Button>
        </>
      }
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {type === undefined ? t('There is no node type {type}', { type: node.type }) : type.description}
        </Text>
        <Rename key={node.step} node={node} graph={graph} onEdit={onEdit} />
        {type !== undefined && (
          <JsonForm
            schema={type.schema}
            label={t('Configuration')}
            value={config ?? {}}
            without={NESTED}
            hasTemplates
            onChange={(value) => onEdit(changeStep(node, { [field]: value }))}
          />
        )}
        <Dependencies node={node} graph={graph} onEdit={onEdit} />
        <JsonForm
          schema={{ properties }}
          label={t('Step')}
          value={own}
          hasTemplates
          onChange={(value) => onEdit(changeStep(node, changedFields(own, value as Record<string, unknown>)))}
        />
      </Stack>
    </Section>
  );
}

function changedFields(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(FIELDS.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));
}

/** The edges that lead here, for whoever does not draw them. */
function Dependencies({ node, graph, onEdit }: Pick<Props, 'node' | 'graph' | 'onEdit'>): ReactNode {
  const t = useT();
  const others = graph.nodes.filter((other) => mayConnect(other, node, graph));
  const before = graph.edges.filter(({ to, isFixed }) => to === node.id && !isFixed).map(({ from }) => from);
  return (
    <MultiSelect
      label={t('Waits for')}
      description={t('The steps that come before it.')}
      data={others.map(({ id, step }) => ({ value: id, label: step }))}
      value={[...new Set(before)]}
      onChange={(ids) =>
        onEdit(
          waitFor(
            node,
            others.filter(({ id }) => ids.includes(id)),
          ),
        )
      }
      searchable
      limit={50}
    />
  );
}

function Rename({ node, graph, onEdit }: Pick<Props, 'node' | 'graph' | 'onEdit'>): ReactNode {
  const t = useT();
  const [id, setId] = useState(node.step);
  const isTaken = graph.nodes.some(({ step }) => step === id) && id !== node.step;
  const error = !ID.test(id)
    ? t('Letters, digits, _ and -, beginning with a letter')
    : isTaken
      ? t('It is taken')
      : null;
  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        label={t('Id')}
        value={id}
        error={error}
        flex={1}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      {id !== node.step && error === null && (
        <Button variant="default" onClick={() => onEdit(renameStep(node, id))}>
          {t('Rename')}
        </Button>
      )}
    </Group>
  );
}
