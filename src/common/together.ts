/**
 * What all give, in order. Unlike `Promise.all` it waits for all of them also when one fails: none may go on behind the
 * back of a caller who cleans up. @throws what failed first
 */
export async function together<T extends readonly unknown[]>(work: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  try {
    return await Promise.all(work);
  } catch (first) {
    await Promise.allSettled(work);
    throw first;
  }
}
