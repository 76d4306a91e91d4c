import { Select, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTriggersHealth, useTriggerTypes, useWorkflowNames } from '../../api/queries';
import { translateWord, useT } from '../../i18n/i18n';
import { Loading } from '../../ui/loading';
import { Page } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { useFilters } from '../../ui/use-filters';
import { TriggerTable } from './trigger-table';

const STATUSES = ['healthy', 'degraded', 'unhealthy', 'paused'];

/** Every armed trigger and whether it lives. */
export function Component(): ReactNode {
  const t = useT();
  const health = useTriggersHealth();
  const types = useTriggerTypes();
  const names = useWorkflowNames();
  const [{ q = '', type, health: status }, setFilters] = useFilters(['q', 'type', 'health']);
  const items = (health.data?.items ?? []).filter(
    (item) =>
      (type === undefined || item.type === type) &&
      (status === undefined || item.health.status === status) &&
      `${item.name} ${names.get(item.workflow_id)?.name ?? ''}`.toLowerCase().includes(q.toLowerCase()),
  );
  const clear = { clearButtonProps: { 'aria-label': t('Clear') } };
  return (
    <Page title={t('Triggers')}>
      <div className="filters">
        <TextInput
          label={t('Search')}
          type="search"
          value={q}
          onChange={(event) => setFilters({ q: event.currentTarget.value })}
        />
        <Select
          label={t('Type')}
          clearable
          data={(types.data ?? []).map((each) => ({ value: each.type, label: each.title }))}
          value={type ?? null}
          onChange={(value) => setFilters({ type: value })}
          {...clear}
        />
        <Select
          label={t('Health')}
          clearable
          data={STATUSES.map((value) => ({ value, label: translateWord(t, value) }))}
          value={status ?? null}
          onChange={(value) => setFilters({ health: value })}
          {...clear}
        />
      </div>
      {health.error !== null && <ProblemAlert error={health.error} onRetry={() => void health.refetch()} />}
      {health.data === undefined && health.error === null && <Loading />}
      {health.data !== undefined && <TriggerTable items={items} hasWorkflow />}
    </Page>
  );
}
