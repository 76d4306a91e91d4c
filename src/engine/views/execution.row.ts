import type { ExecutionStatus } from '../engine.contract.js';
import type { ExecutionError, PastAttempt, StepError, Waiting } from '../run/step-record.js';
import type { StepStatus } from '../planner/step-view.js';
import { LOG_LEVELS } from '../run/logs.js';

/** An execution as the table holds it, for the API. */
export interface ExecutionRow {
  id: string;
  workflow_id: string;
  version: number;
  status: ExecutionStatus;
  priority: number;
  attempt: number;
  cancel_reason: string | null;
  pause_requested: boolean;
  queued_at: Date;
  start_time: Date | null;
  end_time: Date | null;
  trigger_id: string | null;
  trigger_type: string;
  occurrence_id: string | null;
  parent_id: string | null;
  retry_of: string | null;
  input: unknown;
  variables: unknown;
  output: unknown;
  output_size: number | null;
  error: ExecutionError | null;
  created_by: string | null;
}

export const EXECUTION_COLUMNS = `id, workflow_id, version, status, priority, attempt, cancel_reason, pause_requested, queued_at,
  start_time, end_time, trigger_id, trigger_type, occurrence_id, parent_id, retry_of, input, variables, output, output_size,
  error, created_by`;

export interface StepExecutionRow {
  id: string;
  execution_id: string;
  step_id: string;
  step_path: string;
  type: string;
  status: StepStatus;
  attempt: number;
  port: string | null;
  input: unknown;
  output: unknown;
  /** Bytes, while it lies beside the row. */
  output_size: number | null;
  error: StepError | null;
  waiting: Waiting | null;
  attempts: PastAttempt[] | null;
  first_started_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
}

export const STEP_COLUMNS = `id, execution_id, step_id, step_path, type, status, attempt, port, input, output, output_size,
  error, waiting, attempts, first_started_at, started_at, finished_at`;

export interface LogLineRow {
  id: string;
  logged_at: Date;
  level: number;
  step_path: string | null;
  attempt: number | null;
  message: string;
  data: unknown;
}

const LEVEL_NAMES = new Map<number, string>(Object.entries(LOG_LEVELS).map(([name, value]) => [value, name]));

export function levelName(level: number): string {
  return LEVEL_NAMES.get(level) ?? 'info';
}
