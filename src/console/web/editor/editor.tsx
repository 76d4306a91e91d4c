import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { stringify } from 'yaml';
import { api, ask } from '../api/client';
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
  const opened = useQuery({
    queryKey: ['editor', id],
    queryFn: () => open(id),
    // As it was when the editor was opened: what comes later must not take the place of what is being written.
    staleTime: Infinity,
    gcTime: 0,
  });
  if (opened.error !== null) return <ProblemAlert error={opened.error} onRetry={() => void opened.refetch()} />;
  if (opened.data === undefined) return <LoadingPage />;
  return <EditorPage {...opened.data} />;
}

async function open(id: string) {
  const workflow = await ask(api.GET('/api/v1/workflows/{id}', { params: { path: { id } } }));
  const path = { id, n: workflow.version };
  const { source, definition } = await ask(api.GET('/api/v1/workflows/{id}/versions/{n}', { params: { path } }));
  // One that came as JSON is written as YAML: the same structure.
  return { workflow, initial: source ?? stringify(definition, { lineWidth: 0 }) };
}
