import { isAftermath } from './pg-errors.js';

/**
 * What all give, in order: statements that are on the way at the same time. Unlike `Promise.all` it waits for all of them
 * also when one fails: none may go on behind the back of a caller who rolls back. @throws what failed first, but for errors
 * that say only that another statement has failed: where calls are nested, those may come before their cause.
 */
export async function together<T extends readonly unknown[]>(work: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const failed: unknown[] = [];
  const note = (error: unknown): void => void failed.push(error);
  const results = await Promise.all(work.map((each) => each.catch(note)));
  if (failed.length > 0) throw failed.find((error) => !isAftermath(error)) ?? failed[0];
  return results as unknown as T;
}
