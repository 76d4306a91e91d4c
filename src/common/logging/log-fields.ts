import { REDACTED } from './redactor.js';

/** Names whose values are secret wherever they are logged. */
const SECRET_NAME =
  /^(.*[_-])?(authorization|password|passwd|api[_-]?key|private[_-]?key|token|secret|cookie|set-cookie)$/i;
const DEEPEST = 8;

/** The names of operations.md for what the code calls otherwise. */
const LOG_NAMES: Readonly<Record<string, string>> = {
  triggerType: 'trigger_type',
  workflowId: 'workflow_id',
  executionId: 'execution_id',
  stepPath: 'step_path',
  durationMs: 'duration_ms',
};

/** A copy fit for a log line: secret names covered, names as operations.md has them, not endlessly deep. */
export function logFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [LOG_NAMES[name] ?? name, cover(name, value, DEEPEST)]),
  );
}

function cover(name: string, value: unknown, depth: number): unknown {
  if (SECRET_NAME.test(name) && value !== null && value !== undefined) return REDACTED;
  if (value instanceof Error) return describeError(value, depth);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => cover('', item, depth - 1));
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(entries.map(([key, item]) => [key, cover(key, item, depth - 1)]));
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(cause === undefined || depth === 0 ? {} : { cause: cover('', cause, depth - 1) }),
  };
}
