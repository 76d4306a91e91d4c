import type { ExecutionStatus } from '../engine.contract.js';
import type { StepStatus } from './step-view.js';

/** Which status may follow which (architecture.md, States). SQL updates name the statuses that they leave. */
export const EXECUTION_TRANSITIONS: Readonly<Record<ExecutionStatus, readonly ExecutionStatus[]>> = {
  queued: ['running', 'paused', 'cancelled'],
  running: ['queued', 'waiting', 'paused', 'completed', 'failed', 'cancelled', 'timed_out'],
  waiting: ['queued', 'running', 'paused', 'cancelled', 'timed_out'],
  paused: ['queued', 'cancelled'],
  completed: ['queued'],
  failed: ['queued'],
  cancelled: ['queued'],
  timed_out: ['queued'],
};

/** What has ended leads back to `pending` by a retry of its execution alone. */
export const STEP_TRANSITIONS: Readonly<Record<StepStatus, readonly StepStatus[]>> = {
  pending: ['running', 'skipped', 'cancelled', 'completed', 'failed', 'waiting'],
  running: ['waiting', 'completed', 'failed', 'cancelled', 'timed_out'],
  waiting: ['running', 'completed', 'failed', 'cancelled', 'timed_out'],
  completed: ['pending'],
  failed: ['pending'],
  skipped: ['pending'],
  cancelled: ['pending'],
  timed_out: ['pending'],
};

export const OPEN_STATUSES: readonly ExecutionStatus[] = ['queued', 'running', 'waiting', 'paused'];

/** Executions that a retry takes as they are; a completed one only from a named step. */
export const RETRIED_STATUSES: readonly ExecutionStatus[] = ['failed', 'timed_out', 'cancelled'];

export function isOpen(status: ExecutionStatus): boolean {
  return OPEN_STATUSES.includes(status);
}

/** @throws RangeError when the table does not allow the move: a fault of the engine, never of its input. */
export function assertStepMove(from: StepStatus, to: StepStatus): void {
  if (from !== to && !STEP_TRANSITIONS[from].includes(to))
    throw new RangeError(`a step cannot go from ${from} to ${to}`);
}
