import { Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTriggerTypes, useWorkflowNames } from '../../api/queries';
import { translateWord, useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { useFilters } from '../../ui/use-filters';
import { ExecutionList } from './execution-list';

export const STATUSES = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'timed_out', 'cancelled'];
const FILTERS = ['status', 'workflow_id', 'trigger_id', 'trigger_type', 'from', 'to', 'q', 'parent_id'] as const;
const DEBOUNCE_MS = 300;

export function Component(): ReactNode {
  const t = useT();
  const [filters, setFilters] = useFilters(FILTERS);
  const names = useWorkflowNames();
  const types = useTriggerTypes();
  const search = useDebouncedCallback((q: string) => setFilters({ q }), DEBOUNCE_MS);
  const clear = { clearButtonProps: { 'aria-label': t('Clear') } };
  return (
    <Page title={t('Executions')}>
      <Group align="flex-end" gap="sm">
        <MultiSelect
          label={t('Status')}
          data={STATUSES.map((value) => ({ value, label: translateWord(t, value) }))}
          value={filters.status?.split(',') ?? []}
          onChange={(status) => setFilters({ status: status.join(',') })}
          clearable
          miw={180}
          {...clear}
        />
        <Select
          label={t('Workflow')}
          data={[...names].map(([value, { name }]) => ({ value, label: name }))}
          value={filters.workflow_id ?? null}
          onChange={(id) => setFilters({ workflow_id: id })}
          searchable
          clearable
          limit={50}
          {...clear}
        />
        <Select
          label={t('Trigger')}
          data={['api', ...(types.data ?? []).map(({ type }) => type)].map((value) => ({
            value,
            label: translateWord(t, value),
          }))}
          value={filters.trigger_type ?? null}
          onChange={(type) => setFilters({ trigger_type: type })}
          clearable
          {...clear}
        />
        <TextInput
          label={t('From')}
          type="datetime-local"
          value={localTime(filters.from)}
          onChange={(event) => setFilters({ from: instantOf(event.currentTarget.value) })}
        />
        <TextInput
          label={t('To')}
          type="datetime-local"
          value={localTime(filters.to)}
          onChange={(event) => setFilters({ to: instantOf(event.currentTarget.value) })}
        />
        <TextInput
          label={t('Search')}
          type="search"
          defaultValue={filters.q}
          onChange={(event) => search(event.currentTarget.value.trim())}
        />
      </Group>
      <ExecutionList filters={filters} />
    </Page>
  );
}

function instantOf(local: string): string | null {
  return local === '' ? null : new Date(local).toISOString();
}

function localTime(at: string | undefined): string {
  if (at === undefined) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
