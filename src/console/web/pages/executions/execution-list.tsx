import { Button, Checkbox, Group, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useMay } from '../../app/session';
import { useT, translateWord } from '../../i18n/i18n';
import { ExecutionLink, WorkflowLink } from '../../ui/links';
import { Loading } from '../../ui/loading';
import { Empty } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { duration, Time } from '../../ui/time';
import { BulkActions } from './bulk-actions';
import { type Execution, type Filters, useExecutions } from './use-executions';

const ROW_HEIGHT = 40;
/** On a phone a row has two lines. */
const NARROW_HEIGHT = 60;
/** Rows before the end at which more are loaded. */
const AHEAD = 60;
const NO_FILTERS: Filters = {};

interface Props {
  readonly workflowId?: string;
  readonly filters?: Filters;
}

/** A live list of any length: only the rows in view are in the page. */
export function ExecutionList({ workflowId, filters = NO_FILTERS }: Props): ReactNode {
  const t = useT();
  const mayAct = useMay('operator');
  const all = useMemo(
    () => ({ ...filters, ...(workflowId !== undefined && { workflow_id: workflowId }) }),
    // The filters are made anew by each render; what they say is what counts.
    [JSON.stringify(filters), workflowId],
  );
  const { pages, items } = useExecutions(all);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setSelected(new Set()), [all]);
  if (pages.error !== null) return <ProblemAlert error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.data === undefined) return <Loading lines={10} />;
  const isFiltered = Object.keys(filters).length > 0;
  if (items.length === 0)
    return (
      <Empty title={isFiltered ? t('Nothing fits these filters') : t('Nothing has run yet')}>
        {isFiltered ? (
          t('Take a filter away.')
        ) : (
          <Link className="link" to="/workflows">
            {t('Open a workflow and run it, or deploy one whose trigger starts it.')}
          </Link>
        )}
      </Empty>
    );
  const isAll = selected.size === items.length;
  return (
    <>
      <Group justify="space-between" mih={30}>
        <Text size="sm" c="dimmed" role="status">
          {pages.hasNextPage
            ? t('{n} loaded, more below', { n: items.length })
            : items.length === 1
              ? t('1 execution')
              : t('{n} executions', { n: items.length })}
        </Text>
        {mayAct && <BulkActions filters={all} selected={[...selected]} onDone={() => setSelected(new Set())} />}
      </Group>
      <Rows
        items={items}
        selected={selected}
        onSelect={setSelected}
        isAll={isAll}
        maySelect={mayAct}
        onEnd={() => {
          if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
        }}
      />
      {pages.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {t('Show more')}
        </Button>
      )}
    </>
  );
}

interface RowsProps {
  readonly items: readonly Execution[];
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
  readonly isAll: boolean;
  readonly maySelect: boolean;
  readonly onEnd: () => void;
}

function Rows({ items, selected, onSelect, isAll, maySelect, onEnd }: RowsProps): ReactNode {
  const t = useT();
  const place = useRef<HTMLDivElement>(null);
  const isNarrow = useMediaQuery('(max-width: 48em)');
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => place.current,
    estimateSize: () => (isNarrow ? NARROW_HEIGHT : ROW_HEIGHT),
    overscan: 12,
    getItemKey: (n) => items[n]?.id ?? n,
  });
  useEffect(() => virtual.measure(), [virtual, isNarrow]);
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last > items.length - AHEAD && items.length >= AHEAD) onEnd();
  });
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  const heads = [t('Status'), t('Workflow'), t('Id'), t('Trigger'), t('Duration'), t('Started')];
  return (
    <div
      className="rows"
      ref={place}
      role="table"
      aria-label={t('Executions')}
      aria-rowcount={items.length + 1}
      tabIndex={0}
    >
      <div className="rows-head" role="row" aria-rowindex={1}>
        <span role="columnheader">
          {maySelect && (
            <Checkbox
              size="xs"
              aria-label={t('Select all that are loaded')}
              checked={isAll}
              indeterminate={selected.size > 0 && !isAll}
              onChange={() => onSelect(isAll ? new Set() : new Set(items.map(({ id }) => id)))}
            />
          )}
        </span>
        {heads.map((head) => (
          <span key={head} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      <div className="rows-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const execution = items[row.index];
          if (execution === undefined) return null;
          const isSelected = selected.has(execution.id);
          return (
            <div
              key={execution.id}
              className="row"
              role="row"
              aria-rowindex={row.index + 2}
              data-selected={isSelected}
              data-execution={execution.id}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <span role="cell" data-cell="check">
                {maySelect && (
                  <Checkbox
                    size="xs"
                    aria-label={t('Select {id}', { id: execution.id.slice(-8) })}
                    checked={isSelected}
                    onChange={() => toggle(execution.id)}
                  />
                )}
              </span>
              <span role="cell" data-cell="status">
                <Status value={execution.status} />
              </span>
              <span role="cell" data-cell="workflow">
                <WorkflowLink id={execution.workflow_id} />
              </span>
              <span role="cell" data-cell="id">
                <ExecutionLink id={execution.id} />
              </span>
              <span role="cell" data-cell="trigger">
                {translateWord(t, execution.trigger_type)}
              </span>
              <span role="cell" data-cell="duration">
                {duration(execution.duration_ms)}
              </span>
              <span role="cell" data-cell="started">
                <Time at={execution.created_at} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
