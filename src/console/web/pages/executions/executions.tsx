import { MultiSelect, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTriggerTypes, useWorkflowNames } from '../../api/queries';
import { translateWord, useT } from '../../i18n/i18n';
import { Page } from '../../ui/page';
import { useZone } from '../../ui/time';
import { useFilters } from '../../ui/use-filters';
import { clockAt, instantAt } from '../../ui/zone-time';
import { ExecutionList } from './execution-list';

export const STATUSES = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'timed_out', 'cancelled'];
const FILTERS = ['status', 'workflow_id', 'trigger_id', 'trigger_type', 'from', 'to', 'q', 'parent_id'] as const;
const DEBOUNCE_MS = 300;

export function Component(): ReactNode {
  const t = useT();
  const [filters, setFilters] = useFilters(FILTERS);
  const zone = useZone();
  const names = useWorkflowNames();
  const types = useTriggerTypes();
  const search = useDebouncedCallback((q: string) => setFilters({ q }), DEBOUNCE_MS);
  const clear = { clearButtonProps: { 'aria-label': t('Clear') } };
  return (
    <Page title={t('Executions')}>
      <div className="filters">
        <MultiSelect
          label={t('Status')}
          data={STATUSES.map((value) => ({ value, label: translateWord(t, value) }))}
          value={filters.status?.split(',') ?? []}
          onChange={(status) => setFilters({ status: status.join(',') })}
          clearable
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
        {(['from', 'to'] as const).map((name) => (
          <TextInput
            key={name}
            label={name === 'from' ? t('From') : t('To')}
            type="datetime-local"
            title={zone}
            className="filter-time"
            value={filters[name] === undefined ? '' : clockAt(filters[name], zone)}
            onChange={({ currentTarget: { value } }) =>
              setFilters({ [name]: value === '' ? null : instantAt(value, zone) })
            }
          />
        ))}
        <TextInput
          label={t('Search')}
          type="search"
          defaultValue={filters.q}
          onChange={(event) => search(event.currentTarget.value.trim())}
        />
      </div>
      <ExecutionList filters={filters} />
    </Page>
  );
}
