import { Alert, Button, Group, Menu, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { api, ask, type Schemas, settle } from '../../api/client';
import { useVersion, useWorkflow } from '../../api/queries';
import { useMay } from '../../app/session';
import { Graph } from '../../graph/graph';
import type { GraphData } from '../../graph/graph-data';
import { useT } from '../../i18n/i18n';
import { useConfirm } from '../../ui/confirm';
import { Json } from '../../ui/json';
import { Loading, LoadingPage } from '../../ui/loading';
import { Page } from '../../ui/page';
import { ProblemAlert } from '../../ui/problem-alert';
import { Status } from '../../ui/status';
import { TabPanels } from '../../ui/tab-panels';
import { said } from '../../ui/toasts';
import { useAction } from '../../ui/use-action';
import { useFilters } from '../../ui/use-filters';
import { ExecutionList } from '../executions/execution-list';
import { TriggerTable } from '../triggers/trigger-table';
import { RunButton } from './run-button';
import { WorkflowStatistics } from './statistics';
import { Versions } from './versions';

export function Component(): ReactNode {
  const { id = '' } = useParams();
  const workflow = useWorkflow(id);
  if (workflow.error !== null) return <ProblemAlert error={workflow.error} onRetry={() => void workflow.refetch()} />;
  if (workflow.data === undefined) return <LoadingPage />;
  return <WorkflowPage workflow={workflow.data} />;
}

function WorkflowPage({ workflow }: { workflow: Schemas['WorkflowDto'] }): ReactNode {
  const t = useT();
  const { id, name, description, status, version, deployed_version: inForce } = workflow;
  return (
    <Page
      title={name}
      under={
        <Group gap="sm">
          <Status value={status} />
          <span>{t('version {n}', { n: version })}</span>
          <span>{inForce === null ? t('not deployed') : t('in force: {n}', { n: inForce })}</span>
          <span>{description}</span>
        </Group>
      }
      actions={<Actions workflow={workflow} />}
    >
      {inForce !== null && inForce !== version && (
        <Alert color="yellow" title={t('Version {n} is not in force yet', { n: version })}>
          {t('Triggers start version {n}. Deploy to put the newest one in force.', { n: inForce })}
        </Alert>
      )}
      <TabPanels
        tabs={{
          graph: { title: 'Graph', content: () => <WorkflowGraph id={id} version={version} /> },
          definition: { title: 'Definition', content: () => <Definition id={id} version={version} /> },
          triggers: { title: 'Triggers', content: () => <WorkflowTriggers id={id} /> },
          executions: { title: 'Executions', content: () => <ExecutionList workflowId={id} /> },
          versions: { title: 'Versions', content: () => <Versions workflow={workflow} /> },
          statistics: { title: 'Statistics', content: () => <WorkflowStatistics id={id} /> },
        }}
      />
    </Page>
  );
}

function Actions({ workflow }: { workflow: Schemas['WorkflowDto'] }): ReactNode {
  const t = useT();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { ask: confirm, dialog } = useConfirm();
  const mayEdit = useMay('editor');
  const mayRun = useMay('operator');
  const { id, slug, name, status, version, deployed_version: inForce, is_template: isTemplate } = workflow;
  const params = { path: { id } };
  const changes = ['workflows', 'triggers'];
  const deploy = useAction({
    run: () => ask(api.POST('/api/v1/deployment/workflows/{id}/deploy', { params, body: {} })),
    changes,
    then: ({ version: deployed, warnings }) => {
      said(t('Version {n} is in force', { n: deployed }));
      for (const warning of warnings) said(warning.message);
    },
  });
  const undeploy = useAction({
    run: () => ask(api.DELETE('/api/v1/deployment/workflows/{id}/undeploy', { params })),
    changes,
    done: t('Its triggers are disarmed'),
  });
  const resume = useAction({
    run: () => ask(api.POST('/api/v1/workflows/{id}/resume', { params })),
    changes,
    done: t('Resumed'),
  });
  const pause = useAction({
    run: () => ask(api.POST('/api/v1/workflows/{id}/pause', { params })),
    changes,
    then: () => said(t('Paused: its triggers start nothing'), { label: t('Undo'), run: () => resume.mutate() }),
  });
  const mark = useAction({
    run: (isMarked: boolean) => ask(api.PATCH('/api/v1/workflows/{id}', { params, body: { is_template: isMarked } })),
    changes: ['workflows'],
    then: (_answer, isMarked) => said(isMarked ? t('Others can be made from it now') : t('It is no template any more')),
  });
  const archive = useAction({
    run: () => ask(api.POST('/api/v1/workflows/{id}/archive', { params })),
    changes,
    done: t('Archived'),
  });
  const remove = useAction({
    run: () => settle(api.DELETE('/api/v1/workflows/{id}', { params })),
    changes: [],
    done: t('Deleted'),
    then: async () => {
      // What is shown here is gone: it must not be asked for again, only what comes next.
      for (const name of changes) await client.invalidateQueries({ queryKey: [name], refetchType: 'none' });
      await navigate('/workflows');
    },
  });
  return (
    <>
      {dialog}
      {mayRun && <RunButton workflow={workflow} />}
      {mayEdit && (
        <>
          <Button size="xs" variant="default" component={Link} to={`/workflows/${slug}/edit`}>
            {t('Edit')}
          </Button>
          {status !== 'archived' && inForce !== version && (
            <Button size="xs" loading={deploy.isPending} onClick={() => deploy.mutate()}>
              {t('Deploy')}
            </Button>
          )}
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="xs" variant="default" aria-label={t('More actions')}>
                ⋯
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {status === 'active' && <Menu.Item onClick={() => pause.mutate()}>{t('Pause')}</Menu.Item>}
              {status === 'paused' && <Menu.Item onClick={() => resume.mutate()}>{t('Resume')}</Menu.Item>}
              {inForce !== null && (
                <Menu.Item
                  onClick={() =>
                    confirm({
                      title: t('Undeploy {name}?', { name }),
                      text: t('Its triggers are disarmed: nothing starts it until it is deployed again.'),
                      button: t('Undeploy'),
                      run: () => undeploy.mutate(),
                    })
                  }
                >
                  {t('Undeploy')}
                </Menu.Item>
              )}
              {status !== 'archived' && (
                <Menu.Item onClick={() => mark.mutate(!isTemplate)}>
                  {isTemplate ? t('No longer a template') : t('Make it a template')}
                </Menu.Item>
              )}
              {status !== 'archived' && (
                <Menu.Item
                  onClick={() =>
                    confirm({
                      title: t('Archive {name}?', { name }),
                      text: t('It can no longer be run or changed.'),
                      button: t('Archive'),
                      run: () => archive.mutate(),
                    })
                  }
                >
                  {t('Archive')}
                </Menu.Item>
              )}
              <Menu.Item
                color="red"
                onClick={() =>
                  confirm({
                    title: t('Delete {name}?', { name }),
                    text: t('The workflow, its versions and its triggers are gone for good.'),
                    button: t('Delete'),
                    typed: slug,
                    run: () => remove.mutate(),
                  })
                }
              >
                {t('Delete')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      )}
    </>
  );
}

function WorkflowGraph({ id, version }: { id: string; version: number }): ReactNode {
  const [{ step }, setFilters] = useFilters(['step']);
  const graph = useQuery({
    queryKey: ['workflows', 'graph', id, version],
    queryFn: async () =>
      (await ask(
        api.GET('/api/v1/workflows/{id}/graph', { params: { path: { id }, query: { format: 'json', version } } }),
      )) as unknown as GraphData,
  });
  const detail = useQuery({
    queryKey: ['workflows', 'task', id, version, step],
    queryFn: () =>
      ask(api.GET('/api/v1/workflows/{id}/tasks/{stepId}', { params: { path: { id, stepId: step ?? '' } } })),
    enabled: step !== undefined && !step.includes('.'),
    retry: false,
  });
  if (graph.error !== null) return <ProblemAlert error={graph.error} onRetry={() => void graph.refetch()} />;
  if (graph.data === undefined) return <Loading lines={1} height={420} />;
  return (
    <>
      <Graph graph={graph.data} selected={step ?? null} onSelect={(id) => setFilters({ step: id })} />
      {detail.data !== undefined && (
        <>
          <Text fw={600} mt="sm">
            {detail.data.id} · {detail.data.type}
          </Text>
          <Json label={detail.data.id} value={detail.data.config ?? {}} />
        </>
      )}
    </>
  );
}

function Definition({ id, version }: { id: string; version: number }): ReactNode {
  const t = useT();
  const found = useVersion(id, version);
  if (found.error !== null) return <ProblemAlert error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading lines={10} height={20} />;
  return <Json label={t('Definition')} value={found.data.source ?? found.data.definition} height={640} />;
}

function WorkflowTriggers({ id }: { id: string }): ReactNode {
  const triggers = useQuery({
    queryKey: ['triggers', 'of', id],
    queryFn: () => ask(api.GET('/api/v1/workflows/{id}/triggers', { params: { path: { id } } })),
  });
  if (triggers.error !== null) return <ProblemAlert error={triggers.error} onRetry={() => void triggers.refetch()} />;
  if (triggers.data === undefined) return <Loading />;
  return <TriggerTable items={triggers.data.items} />;
}
