import { useQuery } from '@tanstack/react-query';
import { api, ask, everything, type Schemas } from './client';

/** Milliseconds between two looks at what changes by itself. */
export const OFTEN_MS = 3000;
export const SELDOM_MS = 10_000;

export function useWorkflow(id: string) {
  return useQuery({
    queryKey: ['workflows', 'one', id],
    queryFn: () => ask(api.GET('/api/v1/workflows/{id}', { params: { path: { id } } })),
  });
}

/** What the query of a list takes. */
interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/** Most items that the API gives at once. */
const PAGE = 200;

/** A whole list of those that are never long. `most`: more nobody reads. */
export function useAll<T>(
  key: readonly unknown[],
  load: (query: PageQuery) => Promise<{ items: T[]; next_cursor: string | null }>,
  { most, ...options }: { most?: number; refetchInterval?: number; staleTime?: number; enabled?: boolean } = {},
) {
  return useQuery({
    queryKey: key,
    queryFn: () => everything((cursor) => load({ limit: PAGE, ...(cursor !== undefined && { cursor }) }), most),
    ...options,
  });
}

/** Names by id, for lists that know the ids only. */
export function useWorkflowNames(): Names {
  const list = useQuery({
    queryKey: ['workflows', 'names'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/workflows', { params: { query: { limit: PAGE, ...(cursor !== undefined && { cursor }) } } }),
        ),
      ),
    staleTime: 60_000,
    // Not made anew here, or every row would go through all of them at each render.
    select: namesOf,
  });
  return list.data ?? NO_NAMES;
}

type Names = ReadonlyMap<string, Pick<Schemas['WorkflowDto'], 'name' | 'slug'>>;
const NO_NAMES: Names = new Map();

function namesOf(items: readonly Schemas['WorkflowDto'][]): Names {
  return new Map(items.map(({ id, name, slug }) => [id, { name, slug }]));
}

export function useTriggersHealth() {
  return useQuery({
    queryKey: ['triggers', 'health'],
    queryFn: () => ask(api.GET('/api/v1/triggers/health')),
    refetchInterval: SELDOM_MS,
  });
}

export function useNodeTypes() {
  return useQuery({
    queryKey: ['node-types'],
    queryFn: async () => (await ask(api.GET('/api/v1/node-types'))).items,
    staleTime: Infinity,
  });
}

export function useTriggerTypes() {
  return useQuery({
    queryKey: ['trigger-types'],
    queryFn: async () => (await ask(api.GET('/api/v1/trigger-types'))).items,
    staleTime: Infinity,
  });
}

/** A version never changes. */
export function useVersion(id: string, n: number, isEnabled = true) {
  return useQuery({
    queryKey: ['version', id, n],
    queryFn: () => ask(api.GET('/api/v1/workflows/{id}/versions/{n}', { params: { path: { id, n } } })),
    staleTime: Infinity,
    enabled: isEnabled,
  });
}
