import type { ReactNode } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { useVersion, useWorkflow } from '../api/queries';
import { useMay } from '../app/session';
import { useT } from '../i18n/i18n';
import { LoadingPage } from '../ui/loading';
import { Empty } from '../ui/page';
import { ProblemAlert } from '../ui/problem-alert';
import { EditorPage } from './editor-page';
import { STARTERS } from './starters';

/** A new workflow, or a change of one. */
export function Component(): ReactNode {
  const t = useT();
  const mayEdit = useMay('editor');
  const { id } = useParams();
  const [params] = useSearchParams();
  if (!mayEdit)
    return <Empty title={t('Your key may not edit workflows')}>{t('Ask for one with the role editor.')}</Empty>;
  if (id !== undefined) return <Existing key={id} id={id} />;
  const starter = STARTERS.find((each) => each.id === params.get('from')) ?? STARTERS[0];
  return <EditorPage key={starter?.id} workflow={null} initial={starter?.yaml ?? ''} />;
}

function Existing({ id }: { id: string }): ReactNode {
  const workflow = useWorkflow(id);
  const version = useVersion(id, workflow.data?.version ?? 1, workflow.data !== undefined);
  const error = workflow.error ?? version.error;
  if (error !== null) return <ProblemAlert error={error} onRetry={() => void workflow.refetch()} />;
  if (workflow.data === undefined || version.data === undefined) return <LoadingPage />;
  // One that came as JSON is written as YAML: the same structure.
  const initial = version.data.source ?? stringify(version.data.definition, { lineWidth: 0 });
  return <EditorPage workflow={workflow.data} initial={initial} />;
}
