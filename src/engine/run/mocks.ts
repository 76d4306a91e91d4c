import type { NodeFailure } from '../../nodes/node.contract.js';
import { planPath } from './step-book.js';

/** What stands in for a step in a test run: its output, or its failure. */
export type Mock =
  { readonly kind: 'output'; readonly output: unknown } | { readonly kind: 'failure'; readonly error: NodeFailure };

/** In place of an output: the step fails. `{"$error": {"code": "http_503", "message": "away"}}` */
export const FAILURE_KEY = '$error';

/** The mocks of a test run, by step path (`each[3].save`), by plan path (`each[].save`: every pass) or by step id. */
export class Mocks {
  constructor(private readonly byName: Readonly<Record<string, unknown>>) {}

  /** The most exact name counts. */
  find(path: string, id: string): Mock | null {
    const name = [path, planPath(path), id].find((one) => Object.hasOwn(this.byName, one));
    return name === undefined ? null : toMock(this.byName[name]);
  }
}

function toMock(value: unknown): Mock {
  const failure = failureOf(value);
  if (failure === undefined) return { kind: 'output', output: value };
  const { code, message } = failure as { code: string; message?: string };
  return { kind: 'failure', error: { code, message: message ?? `mocked: ${code}`, retryable: false } };
}

/** What stands under `$error`; undefined when the value is an output. */
export function failureOf(value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>)[FAILURE_KEY] : undefined;
}
