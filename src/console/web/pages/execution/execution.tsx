import { Alert, Anchor, Code, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { Link, useParams } from 'react-router';
import { api, ask, type Schemas } from '../../api/client';
import { Graph } from '../../graph/graph';
import { type GraphData, nodeOfPath } from '../../graph/graph-data';
import { translateWord, useT } from '../../i18n/i18n';
import { Json } from '../../ui/json';
import { ExecutionLink, WorkflowLink } from '../../ui/links';
import { Loading, LoadingPage } from '../../ui/loading';
import { Page, Section } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { TabPanels } from '../../ui/tab-panels';
import { duration, Time } from '../../ui/time';
import { useFilters } from '../../ui/use-filters';
import { ExecutionActions } from './actions';
import { Files } from './files';
import { type LiveState, type Step, useLive } from './live-state';
import { Logs } from './logs';
import { StepDetail } from './step-detail';
import { Timeline } from './timeline';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const [run, setRun] = useState(0);
  const { state, fault } = useLive(id, run);
  const loaded = useQuery({
    // Loaded again when the state changes: for the output, and what else the stream leaves out.
    queryKey: ['executions', 'one', id, state.execution.status, state.execution.attempt],
    queryFn: () => ask(api.GET('/api/v1/executions/{id}', { params: { path: { id } } })),
    placeholderData: (before) => (before?.id === id ? before : undefined),
  });
  if (loaded.error !== null) return <ProblemAlert error={loaded.error} onRetry={() => void loaded.refetch()} />;
  if (loaded.data === undefined) return <LoadingPage />;
  const execution = { ...loaded.data, ...state.execution };
  return (
    <>
      {fault !== null && <ProblemAlert error={fault} onRetry={() => setRun(run + 1)} />}
      <ExecutionPage key={id} execution={execution} state={state} onAgain={() => setRun(run + 1)} />
    </>
  );
}

interface Props {
  readonly execution: Schemas['ExecutionDto'];
  readonly state: LiveState;
  readonly onAgain: () => void;
}

function ExecutionPage({ execution, state, onAgain }: Props): ReactNode {
  const t = useT();
  const [{ step }, setFilters] = useFilters(['step']);
  const steps = useMemo(() => inOrder(state.steps), [state.steps]);
  const chosen = steps.find(({ step_path: path }) => path === step);
  const select = (path: string): void => setFilters({ step: path });
  return (
    <Page
      title={t('Execution …{id}', { id: execution.id.slice(-8) })}
      under={<Facts execution={execution} hasChildren={steps.some(({ type }) => PARENTS.has(type))} />}
      actions={<ExecutionActions execution={execution} steps={steps} onAgain={onAgain} />}
    >
      {execution.error !== null && <Failure execution={execution} onSelect={select} />}
      <ExecutionGraph execution={execution} steps={steps} selected={step ?? null} onSelect={select} />
      {chosen !== undefined && (
        <StepDetail
          key={chosen.id}
          step={chosen}
          passes={steps.filter(({ step_path: path }) => nodeOfPath(path) === nodeOfPath(chosen.step_path))}
          onSelect={select}
          onClose={() => setFilters({ step: null })}
          onAgain={onAgain}
        />
      )}
      <TabPanels
        tabs={{
          timeline: {
            title: 'Timeline',
            content: () => <Timeline execution={execution} steps={steps} selected={step ?? null} onSelect={select} />,
          },
          logs: { title: 'Logs', content: () => <Logs lines={state.logs} /> },
          data: { title: 'Input and output', content: () => <Data execution={execution} /> },
          files: { title: 'Files', content: () => <Files executionId={execution.id} status={execution.status} /> },
        }}
      />
    </Page>
  );
}

function Data({ execution }: Pick<Props, 'execution'>): ReactNode {
  const t = useT();
  const { input, output, large_output: large, variables } = execution;
  return (
    <div className="grid">
      <Section title={t('Input')}>
        <Json label={t('Input')} value={input} />
      </Section>
      <Section title={t('Output')}>
        {large === null ? (
          <Json label={t('Output')} value={output} />
        ) : (
          <Text size="sm">{t('The output is large: {n} bytes.', { n: large.size })}</Text>
        )}
      </Section>
      <Section title={t('Variables')}>
        <Json label={t('Variables')} value={variables} />
      </Section>
    </div>
  );
}

/** Types of steps that may start executions. */
const PARENTS = new Set(['subworkflow', 'loop', 'agent']);

function Facts({ execution, hasChildren }: Pick<Props, 'execution'> & { hasChildren: boolean }): ReactNode {
  const t = useT();
  const { status, workflow_id: workflow, version, trigger_id: trigger, trigger_type: type, attempt } = execution;
  return (
    <Group gap="sm">
      <Status value={status} />
      {execution.pause_requested && status === 'running' && <span>{t('pauses after the running steps')}</span>}
      <WorkflowLink id={workflow} />
      <span>{t('version {n}', { n: version })}</span>
      {trigger === null ? (
        <span>{translateWord(t, type)}</span>
      ) : (
        <Link className="link" to={`/triggers/${trigger}`}>
          {translateWord(t, type)}
        </Link>
      )}
      <Time at={execution.start_time ?? execution.created_at} />
      <span>{duration(execution.duration_ms)}</span>
      {attempt > 1 && <span>{t('run {n}', { n: attempt })}</span>}
      {execution.parent_id !== null && (
        <span>
          {t('child of')} <ExecutionLink id={execution.parent_id} />
        </span>
      )}
      {execution.retry_of !== null && (
        <span>
          {t('retry of')} <ExecutionLink id={execution.retry_of} />
        </span>
      )}
      {hasChildren && (
        <Link className="link" to={`/executions?parent_id=${execution.id}`}>
          {t('its children')}
        </Link>
      )}
      {execution.cancel_reason !== null && <span>{execution.cancel_reason}</span>}
    </Group>
  );
}

function Failure({ execution, onSelect }: Pick<Props, 'execution'> & { onSelect: (path: string) => void }): ReactNode {
  const t = useT();
  const { error } = execution;
  if (error === null) return null;
  return (
    <Alert color="red" title={error.message}>
      <Group gap="sm">
        <Code>{error.code}</Code>
        {error.step_path !== null && (
          <Anchor component="button" size="sm" onClick={() => onSelect(error.step_path ?? '')}>
            {t('Show the step {path}', { path: error.step_path })}
          </Anchor>
        )}
        <Text size="sm">{t('Mend the cause, then retry: completed steps do not run again.')}</Text>
      </Group>
    </Alert>
  );
}

interface GraphProps {
  readonly execution: Schemas['ExecutionDto'];
  readonly steps: readonly Step[];
  readonly selected: string | null;
  readonly onSelect: (path: string) => void;
}

function ExecutionGraph({ execution, steps, selected, onSelect }: GraphProps): ReactNode {
  const { id, version } = execution;
  const graph = useQuery({
    queryKey: ['executions', 'graph', id, version],
    queryFn: async () =>
      (await ask(
        api.GET('/api/v1/executions/{id}/graph', { params: { path: { id }, query: { format: 'json' } } }),
      )) as unknown as GraphData,
    staleTime: Infinity,
  });
  const shown = useMemo(
    () => graph.data && { ...graph.data, nodes: graph.data.nodes.map((node) => ({ ...node, status: 'pending' })) },
    [graph.data],
  );
  // The latest pass of a loop is the one that is shown.
  const latest = useMemo(() => new Map(steps.map((step) => [nodeOfPath(step.step_path), step])), [steps]);
  const statuses = useMemo(() => new Map([...latest].map(([node, { status }]) => [node, status])), [latest]);
  if (graph.error !== null) return <ProblemAlert error={graph.error} onRetry={() => void graph.refetch()} />;
  if (shown === undefined) return <Loading lines={1} height={420} />;
  return (
    <Graph
      graph={shown}
      statuses={statuses}
      selected={selected === null ? null : nodeOfPath(selected)}
      onSelect={(node) => {
        if (selected === null || nodeOfPath(selected) !== node) onSelect(latest.get(node)?.step_path ?? node);
      }}
    />
  );
}

function inOrder(steps: ReadonlyMap<string, Step>): Step[] {
  const key = ({ started_at: at, id }: Step): string => `${at ?? '9'}${id}`;
  return [...steps.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
