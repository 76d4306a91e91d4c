import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from './loading';
import { Empty } from './page';
import { ProblemAlert } from './problem-alert';

interface Props<T> {
  readonly list: UseQueryResult<readonly T[]>;
  readonly empty: { readonly title: string; readonly text: ReactNode };
  readonly children: (items: readonly T[]) => ReactNode;
}

/** A list while it loads, when it could not be loaded, when it is empty, and when it is there. */
export function Listed<T>({ list, empty, children }: Props<T>): ReactNode {
  if (list.error !== null) return <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Loading />;
  if (list.data.length === 0) return <Empty title={empty.title}>{empty.text}</Empty>;
  return children(list.data);
}
