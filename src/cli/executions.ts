import { randomUUID } from 'node:crypto';
import { WaitOverError } from './cli.errors.js';
import type { Execution, StepExecution } from './client/api-types.js';
import { segment } from './client/api-client.js';
import { follow } from './client/follow.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { oneLine, printable } from './output/printable.js';
import { coloured } from './output/style.js';
import { duration, fields, table, time } from './output/table.js';

/** A start that is sent again after a broken connection must not start twice. */
export function idempotent(key?: string): Record<string, string> {
  return { 'idempotency-key': key ?? randomUUID() };
}

/**
 * Watches an execution until it has ended; tells what happens as it happens.
 * @throws WaitOverError after `limitMs`; the execution goes on
 */
export async function untilEnd(context: Context, id: string, limitMs: number | null): Promise<Execution> {
  const { api } = context;
  const limit = limitMs === null ? undefined : AbortSignal.timeout(limitMs);
  try {
    for await (const { event, data } of follow(api, `/executions/${segment(id)}/events`, {}, limit)) {
      if (event === 'step') noteStep(context, data as StepExecution);
    }
  } catch (error) {
    if (limit?.aborted !== true) throw error;
    throw new WaitOverError(id, (await api.get<Execution>(`/executions/${segment(id)}`)).status);
  }
  return await api.get<Execution>(`/executions/${segment(id)}`);
}

/** @returns the exit code of an execution that was waited for. */
export function exitOf({ status }: Execution): ExitCode {
  return status === 'completed' ? EXIT.ok : EXIT.failed;
}

export function executionText(execution: Execution, context: Context): string {
  const { style } = context;
  const { error, step_executions: steps = [] } = execution;
  const head = fields(
    [
      ['execution', execution.id],
      ['status', execution.status],
      ['workflow', `${execution.workflow_id}, version ${execution.version}`],
      ['trigger', execution.trigger_type],
      ['attempt', execution.attempt],
      ['accepted', time(execution.created_at)],
      ['duration', duration(execution.duration_ms)],
      ['error', error === null ? undefined : `${error.code}: ${error.message}`],
      ['at step', error?.step_path ?? undefined],
    ],
    style,
  );
  const rows = steps.map((step) => [
    step.step_path,
    step.type,
    step.status,
    step.attempt,
    duration(step.duration_ms),
    noteOf(step),
  ]);
  const parts = [head];
  if (rows.length > 0) parts.push(table(['STEP', 'TYPE', 'STATUS', 'ATTEMPT', 'DURATION', 'NOTE'], rows, style));
  if (execution.output !== null) {
    parts.push(`${style.bold('output')}\n${printable(JSON.stringify(execution.output, null, 2))}`);
  }
  return parts.join('\n\n');
}

function noteStep(context: Context, step: StepExecution): void {
  if (context.isJson) return;
  const note = noteOf(step);
  const line = `${coloured(step.status, context.style)}  ${oneLine(step.step_path)}`;
  context.terminal.err(note === null ? line : `${line}  ${oneLine(note)}`);
}

function noteOf({ error, waiting }: StepExecution): string | null {
  if (error !== null) return `${error.code}: ${error.message}`;
  if (waiting === null || waiting === undefined) return null;
  return `for ${waiting.for}${waiting.until === null ? '' : ` until ${waiting.until}`}`;
}
