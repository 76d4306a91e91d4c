import { statementTimeout } from './sql.errors.js';
import type { SqlLimits } from './sql.contract.js';

/**
 * Calls `stop` once, with the reason, when the time of a statement is over or its step is aborted.
 * @returns what ends the watch.
 */
export function watchLimits({ signal, timeoutMs }: SqlLimits, stop: (reason: unknown) => void): () => void {
  const timer = setTimeout(() => stop(statementTimeout(timeoutMs)), timeoutMs);
  const aborted = (): void => stop(signal.reason);
  signal.addEventListener('abort', aborted, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  };
}
