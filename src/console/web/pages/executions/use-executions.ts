import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask, type Schemas } from '../../api/client';

export type Execution = Schemas['ExecutionDto'];
export type Filters = Partial<
  Record<'status' | 'workflow_id' | 'trigger_id' | 'trigger_type' | 'from' | 'to' | 'q' | 'parent_id', string>
>;

/** The most that the API gives at once. */
const PAGE = 500;
const HEAD = 100;
const LIVE_MS = 2000;

/** The list, newest first. Its head is looked at again and again; what lies below is loaded by scrolling. */
export function useExecutions(filters: Filters) {
  const pages = useInfiniteQuery({
    queryKey: ['executions', 'list', filters],
    initialPageParam: '',
    queryFn: ({ pageParam }) => list(filters, PAGE, pageParam),
    getNextPageParam: (page) => page.next_cursor,
  });
  const head = useQuery({
    queryKey: ['executions', 'head', filters],
    queryFn: () => list(filters, HEAD),
    refetchInterval: LIVE_MS,
  });
  const items = useMemo(
    () =>
      merge(
        head.data?.items ?? [],
        head.data?.next_cursor === null,
        pages.data?.pages.flatMap((page) => page.items) ?? [],
      ),
    [head.data, pages.data],
  );
  return { pages, items };
}

function list(filters: Filters, limit: number, cursor = '') {
  return ask(
    api.GET('/api/v1/executions', { params: { query: { ...filters, limit, ...(cursor !== '' && { cursor }) } } }),
  );
}

/** The head is newer: within its span it decides what is there. */
function merge(head: readonly Execution[], isWhole: boolean, older: readonly Execution[]): readonly Execution[] {
  const last = head.at(-1);
  if (last === undefined) return isWhole ? [] : older;
  return isWhole ? head : [...head, ...older.filter(({ id }) => id < last.id)];
}
