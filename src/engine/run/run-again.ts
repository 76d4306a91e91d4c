import type { SuspendRequest } from '../../nodes/node.contract.js';
import type { StepRecord } from './step-record.js';

/** Asks people whether a step that was cut off shall run again (`on_interrupt: ask`). */
export function askToRunAgain({ step, path, fields }: StepRecord): SuspendRequest {
  const title = `The step "${step.name}" was cut off. Run it again?`;
  const message =
    `Attempt ${fields.attempt - 1} of the step ${path} (${step.type}) ended with its process: its effect may have ` +
    'happened or not. Approve to run it again, with the same idempotency key; reject to let it fail as interrupted.';
  return {
    for: 'approval',
    payload: { title: title.slice(0, 500), message, assignees: [], approvals_needed: 1, form: null, notify: [] },
  };
}

/** Whether the answer was not to run it again. */
export function isRefused({ fields, answer }: StepRecord): boolean {
  if (fields.waiting?.asks !== 'run_again') return false;
  return (answer?.value as { decision?: unknown } | undefined)?.decision !== 'approve';
}
