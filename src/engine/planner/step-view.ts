export type StepStatus =
  'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled' | 'timed_out';

/** What the planner must know of one step execution. No view: the step was not reached yet. */
export interface StepView {
  readonly status: StepStatus;
  /** The nested scope it has entered; null before, and for branches without steps. */
  readonly scope: string | null;
  /** The output port it leaves by; null: the only one. */
  readonly port: string | null;
}

const TERMINAL: ReadonlySet<StepStatus> = new Set(['completed', 'failed', 'skipped', 'cancelled', 'timed_out']);

export function isTerminal(status: StepStatus): boolean {
  return TERMINAL.has(status);
}

/** Ended without success, so that `on_error` decides. */
export function isFailure(status: StepStatus): boolean {
  return status === 'failed' || status === 'timed_out';
}
