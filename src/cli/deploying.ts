import { type ApiClient, segment } from './client/api-client.js';
import type { Deployment, Workflow } from './client/api-types.js';
import type { CheckedFile } from './definition-files.js';

export interface Change {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
}

/** A file whose definition the server has. */
export interface Stored {
  readonly file: CheckedFile;
  readonly workflow: Workflow;
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly previousVersion: number | null;
  /** Between the two versions. */
  readonly changes: readonly Change[];
}

export interface Deployed {
  readonly stored: Stored;
  readonly deployment: Deployment;
  /** It was not in force before. */
  readonly isNew: boolean;
}

export async function storeOne(api: ApiClient, file: CheckedFile & { readonly slug: string }): Promise<Stored> {
  const { slug, text: definition } = file;
  const known = await api.find<Workflow>(`/workflows/${segment(slug)}`);
  if (known === null) {
    const workflow = await api.post<Workflow>('/workflows', { definition, slug });
    return { file, workflow, change: 'created', previousVersion: null, changes: [] };
  }
  const { body: workflow } = await api.call<Workflow>(`/workflows/${known.body.id}`, {
    method: 'PUT',
    body: { definition },
    // Who has changed it meanwhile is not overwritten unseen.
    ...(known.etag !== null && { headers: { 'if-match': known.etag } }),
  });
  const previousVersion = known.body.version;
  const isNewer = workflow.version !== previousVersion;
  const changes = isNewer ? await changesOf(api, workflow, previousVersion) : [];
  return { file, workflow, change: isNewer ? 'updated' : 'unchanged', previousVersion, changes };
}

async function changesOf(api: ApiClient, { id, version }: Workflow, before: number): Promise<Change[]> {
  const { changes } = await api.get<{ changes: Change[] }>(`/workflows/${id}/versions/${before}/diff/${version}`);
  return changes.map(({ path, kind }) => ({ path, kind }));
}

export async function deployOne(api: ApiClient, stored: Stored, mode: string | undefined): Promise<Deployed> {
  const { id, version } = stored.workflow;
  const present = await api.get<Deployment>(`/deployment/workflows/${id}/status`);
  const isRightMode = mode === undefined || (present.mode ?? 'execute') === mode;
  if (present.status === 'deployed' && present.version === version && isRightMode) {
    return { stored, deployment: present, isNew: false };
  }
  const deployment = await api.post<Deployment>(`/deployment/workflows/${id}/deploy`, {
    version,
    ...(mode !== undefined && { mode }),
  });
  return { stored, deployment, isNew: true };
}
