import { Button, Group, SegmentedControl, Skeleton, Text, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useBlocker, useNavigate } from 'react-router';
import { api, ask, type Schemas, send } from '../api/client';
import { useNodeTypes, useTriggerTypes } from '../api/queries';
import { useT } from '../i18n/i18n';
import { createFromText } from '../pages/workflows/import-button';
import { useConfirm } from '../ui/confirm';
import { Empty, Page } from '../ui/page';
import { said } from '../ui/toasts';
import { useAction } from '../ui/use-action';
import { useFilters } from '../ui/use-filters';
import { completionSource } from './completion';
import { valueAt } from './graph-edits';
import { type EditGraph, graphOf } from './graph-model';
import { StepForm } from './step-form';
import { TestRun } from './test-run';
import { useValidation, type Validation } from './use-validation';
import { YamlEditor, type YamlEditorHandle } from './yaml-editor';

const GraphEditor = lazy(() => import('./graph-editor'));

interface Props {
  readonly workflow: Schemas['WorkflowDto'] | null;
  readonly initial: string;
}

/** Text and graph side by side. The text is the truth: each side writes into it and is made from it. */
export function EditorPage({ workflow: opened, initial }: Props): ReactNode {
  const t = useT();
  const isNarrow = useMediaQuery('(max-width: 62em)');
  const [{ view = isNarrow ? 'text' : 'both' }, setFilters] = useFilters(['view']);
  const editor = useRef<YamlEditorHandle>(null);
  const [workflow, setWorkflow] = useState(opened);
  const [text, setText] = useState(initial);
  const [saved, setSaved] = useState(opened === null ? null : initial);
  const [selected, setSelected] = useState<string | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const [statuses, setStatuses] = useState<ReadonlyMap<string, string> | null>(null);
  const [isTesting, setTesting] = useState(false);
  const nodeTypes = useNodeTypes();
  const triggerTypes = useTriggerTypes();
  const validation = useValidation(text);
  const graph = useLastGraph(text);
  const types = useMemo(
    () => ({ nodes: nodeTypes.data ?? [], triggers: triggerTypes.data ?? [] }),
    [nodeTypes.data, triggerTypes.data],
  );
  const complete = useMemo(() => completionSource(types), [types]);
  const isDirty = text !== saved;
  const leaving = useLeaveGuard(text !== (saved ?? initial));
  const keep = (kept: Schemas['WorkflowDto']): void => {
    setWorkflow(kept);
    setSaved(text);
  };
  const { save, deploy, isBusy } = useSaving(workflow, text, keep, leaving.allow);
  const onEdit = useCallback(
    (change: (text: string, graph: EditGraph) => string) => {
      if (graph !== null) editor.current?.replace(change(text, graph));
    },
    [graph, text],
  );
  const chosen = graph?.nodes.find(({ id }) => id === selected) ?? null;
  useEffect(() => {
    const node = graph?.nodes.find(({ step }) => step === added);
    if (node === undefined) return;
    setSelected(node.id);
    setAdded(null);
  }, [graph, added]);
  return (
    <Page
      title={workflow === null ? t('New workflow') : t('Edit {name}', { name: workflow.name })}
      under={<Verdict validation={validation} isDirty={isDirty} onShow={(line) => editor.current?.showLine(line)} />}
      actions={
        <>
          <SegmentedControl
            size="xs"
            value={view}
            aria-label={t('View')}
            onChange={(value) => setFilters({ view: value })}
            data={[
              { value: 'text', label: t('Text') },
              { value: 'both', label: t('Both') },
              { value: 'graph', label: t('Graph') },
            ]}
          />
          <Button
            size="xs"
            variant="default"
            disabled={workflow === null || isDirty}
            title={workflow === null || isDirty ? t('Save first: a test runs the saved version') : undefined}
            onClick={() => setTesting(true)}
          >
            {t('Test run')}
          </Button>
          <Button size="xs" variant="default" loading={isBusy} disabled={!isDirty} onClick={save}>
            {t('Save')}
          </Button>
          <Button size="xs" loading={isBusy} disabled={validation.isValid === false} onClick={deploy}>
            {isDirty ? t('Save and deploy') : t('Deploy')}
          </Button>
        </>
      }
    >
      {leaving.dialog}
      <div className={view === 'both' ? 'split' : undefined}>
        <div className="editor-pane" hidden={view === 'graph'}>
          <YamlEditor
            ref={editor}
            initial={initial}
            label={t('Definition')}
            faults={validation.faults}
            complete={complete}
            onChange={setText}
            onSave={save}
          />
        </div>
        {view !== 'text' && (
          <div className="editor-pane">
            {graph === null ? (
              <Empty title={t('The text cannot be read yet')}>{t('The graph shows again when it can.')}</Empty>
            ) : (
              <Suspense fallback={<Skeleton height="100%" />}>
                <GraphEditor
                  graph={graph}
                  faults={validation.faults}
                  types={types.nodes}
                  selected={selected}
                  statuses={statuses}
                  onSelect={setSelected}
                  onAdd={setAdded}
                  onEdit={onEdit}
                  onUndo={() => editor.current?.undo()}
                  onRedo={() => editor.current?.redo()}
                />
              </Suspense>
            )}
          </div>
        )}
      </div>
      {chosen !== null && graph !== null && view !== 'text' && (
        <StepForm
          key={chosen.id}
          node={chosen}
          graph={graph}
          text={text}
          types={types.nodes}
          onEdit={onEdit}
          onClose={() => setSelected(null)}
        />
      )}
      {workflow !== null && (
        <TestRun
          workflowId={workflow.id}
          inputSchema={graph === null ? {} : (valueAt(text, ['input_schema']) ?? {})}
          steps={graph?.nodes.map(({ step }) => step) ?? []}
          isOpen={isTesting}
          onClose={() => setTesting(false)}
          onStatuses={setStatuses}
        />
      )}
    </Page>
  );
}

/** While the text is half written, the graph stays as it was. */
function useLastGraph(text: string): EditGraph | null {
  const last = useRef<EditGraph | null>(null);
  return useMemo(() => (last.current = graphOf(text) ?? last.current), [text]);
}

interface VerdictProps {
  readonly validation: Validation;
  readonly isDirty: boolean;
  readonly onShow: (line: number) => void;
}

function Verdict({ validation: { isValid, faults }, isDirty, onShow }: VerdictProps): ReactNode {
  const t = useT();
  const word = isValid === null ? t('Checking') : isValid ? t('Valid') : t('{n} faults', { n: faults.length });
  return (
    <div role="status">
      <Group gap="sm">
        <span className="status" data-tone={isValid === null ? 'idle' : isValid ? 'good' : 'bad'}>
          <span className="status-dot" aria-hidden="true" />
          {word}
        </span>
        {isDirty && <span>{t('not saved')}</span>}
      </Group>
      {faults.slice(0, 5).map((fault) => (
        <UnstyledButton key={`${fault.path}${fault.code}`} className="fault" onClick={() => onShow(fault.line ?? 1)}>
          <Text size="sm">
            {fault.line !== undefined && t('Line {n}:', { n: fault.line })} {fault.message} {fault.hint}
          </Text>
        </UnstyledButton>
      ))}
    </div>
  );
}

function useSaving(
  workflow: Schemas['WorkflowDto'] | null,
  text: string,
  keep: (kept: Schemas['WorkflowDto']) => void,
  allowLeaving: () => void,
) {
  const t = useT();
  const navigate = useNavigate();
  const client = useQueryClient();
  const write = useAction({
    run: async ({ isDeploying }: { isDeploying: boolean }) => {
      const kept = workflow === null ? await createFromText(text) : await replace(workflow, text);
      keep(kept);
      const params = { path: { id: kept.id } };
      const deployed = isDeploying
        ? await ask(api.POST('/api/v1/deployment/workflows/{id}/deploy', { params, body: {} }))
        : null;
      return { kept, deployed };
    },
    changes: [],
    then: async ({ kept, deployed }) => {
      said(
        deployed === null
          ? t('Saved as version {n}', { n: kept.version })
          : t('Version {n} is in force', { n: deployed.version }),
      );
      for (const warning of deployed?.warnings ?? []) said(warning.message);
      allowLeaving();
      if (deployed !== null) await navigate(`/workflows/${kept.slug}`);
      else if (workflow === null) await navigate(`/workflows/${kept.slug}/edit`, { replace: true });
      await client.invalidateQueries({ queryKey: ['workflows'] });
      // The text of one may have changed without its meaning.
      await client.invalidateQueries({ queryKey: ['version'] });
      await client.invalidateQueries({ queryKey: ['triggers'] });
    },
  });
  return {
    save: () => write.mutate({ isDeploying: false }),
    deploy: () => write.mutate({ isDeploying: true }),
    isBusy: write.isPending,
  };
}

/** Refused where somebody else has saved meanwhile. */
async function replace({ id, revision }: Schemas['WorkflowDto'], text: string): Promise<Schemas['WorkflowDto']> {
  const headers = { 'content-type': 'application/yaml', 'if-match': `"${revision}"` };
  const answer = await send(`/api/v1/workflows/${id}`, { method: 'PUT', headers, body: text });
  return (await answer.json()) as Schemas['WorkflowDto'];
}

/** Asks before changes are lost, by a link or by closing the tab. */
function useLeaveGuard(isDirty: boolean): { dialog: ReactNode; allow: () => void } {
  const t = useT();
  const { ask: confirm, dialog } = useConfirm();
  const isAllowed = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && !isAllowed.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    confirm({
      title: t('Leave without saving?'),
      text: t('What you changed since the last save is lost.'),
      button: t('Leave'),
      run: () => blocker.proceed(),
      cancel: () => blocker.reset(),
    });
    // One question for one attempt to leave.
  }, [blocker.state]);
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isDirty]);
  return { dialog, allow: () => (isAllowed.current = true) };
}
