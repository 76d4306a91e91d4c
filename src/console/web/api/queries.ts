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

/** Names by id, for lists that know the ids only. */
export function useWorkflowNames(): ReadonlyMap<string, Pick<Schemas['WorkflowDto'], 'name' | 'slug'>> {
  const list = useQuery({
    queryKey: ['workflows', 'names'],
    queryFn: () =>
      everything((cursor) =>
        ask(
          api.GET('/api/v1/workflows', { params: { query: { limit: 200, ...(cursor !== undefined && { cursor }) } } }),
        ),
      ),
    staleTime: 60_000,
    select: (items) => new Map(items.map(({ id, name, slug }) => [id, { name, slug }])),
  });
  return list.data ?? NO_NAMES;
}

const NO_NAMES = new Map<string, { name: string; slug: string }>();

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
