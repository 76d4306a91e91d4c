import { useMutation, useQueryClient } from '@tanstack/react-query';
import { failed, said } from './toasts';

interface Options<A, R> {
  readonly run: (argument: A) => Promise<R>;
  /** First parts of the keys of what it changes. */
  readonly changes: readonly string[];
  readonly done?: string;
  readonly then?: (result: R, argument: A) => void | Promise<void>;
}

/** A write: says that it was done or why not, and has what it changed loaded again. */
export function useAction<A = void, R = unknown>({ run, changes, done, then }: Options<A, R>) {
  const client = useQueryClient();
  return useMutation<R, unknown, A>({
    mutationFn: run,
    onSuccess: async (result, argument) => {
      if (done !== undefined) said(done);
      await then?.(result, argument);
      await Promise.all(changes.map((name) => client.invalidateQueries({ queryKey: [name] })));
    },
    onError: failed,
  });
}
