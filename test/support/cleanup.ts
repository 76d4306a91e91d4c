type Cleanup = () => Promise<void> | void;

const cleanups: Cleanup[] = [];

/** What the helpers started; undone after the last test of the file, newest first. */
export function afterFile(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

export async function runCleanups(): Promise<void> {
  const errors: unknown[] = [];
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      await cleanup();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'cleaning up after the tests failed');
}
