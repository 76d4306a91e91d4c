import { idTime } from '../../common/ids.js';
import { isOpen } from '../planner/state-tables.js';
import type { ExecutionDto, LargeOutputDto, LogLineDto, StepExecutionDto, TimelineItemDto } from './execution.dto.js';
import { levelName, type ExecutionRow, type LogLineRow, type StepExecutionRow } from './execution.row.js';

const rfc3339 = (date: Date | null): string | null => date?.toISOString() ?? null;

const between = (from: Date | null, to: Date | null): number | null =>
  from === null || to === null ? null : to.getTime() - from.getTime();

export function toExecution(row: ExecutionRow): ExecutionDto {
  const { id, workflow_id, version, status, input, output, variables, trigger_id, trigger_type, occurrence_id } = row;
  const { priority, attempt, error, parent_id, retry_of, cancel_reason, created_by } = row;
  return {
    id,
    workflow_id,
    version,
    status,
    input,
    output,
    large_output: largeOutput(row.output_size, `/api/v1/executions/${id}/output`),
    variables,
    start_time: rfc3339(row.start_time),
    end_time: rfc3339(row.end_time),
    duration_ms: between(row.start_time, row.end_time),
    trigger_id,
    trigger_type,
    occurrence_id,
    priority,
    attempt,
    error,
    parent_id,
    retry_of,
    pause_requested: row.pause_requested && isOpen(status),
    cancel_reason,
    created_by,
    created_at: new Date(idTime(id)).toISOString(),
  };
}

export function toStepExecution(row: StepExecutionRow): StepExecutionDto {
  const { id, execution_id, step_id, step_path, type, status, attempt, input, output, error, waiting } = row;
  return {
    id,
    execution_id,
    step_id,
    step_path,
    type,
    status,
    attempt,
    input,
    output,
    large_output: largeOutput(row.output_size, `/api/v1/step-executions/${id}/output`),
    error,
    waiting: waiting === null ? null : { ...waiting, token: waiting.token ?? null, url: waiting.url ?? null },
    attempts: row.attempts ?? [],
    started_at: rfc3339(row.started_at),
    finished_at: rfc3339(row.finished_at),
    duration_ms: between(row.started_at, row.finished_at),
  };
}

function largeOutput(size: number | null, url: string): LargeOutputDto | null {
  return size === null ? null : { size, url };
}

export function toTimelineItem(row: StepExecutionRow): TimelineItemDto {
  const { step_path, type, status, attempt } = row;
  return {
    step_path,
    type,
    status,
    attempt,
    started_at: rfc3339(row.started_at),
    finished_at: rfc3339(row.finished_at),
    waited_ms: between(row.first_started_at, row.started_at) ?? 0,
    duration_ms: between(row.started_at, row.finished_at),
  };
}

export function toLogLine(row: LogLineRow): LogLineDto {
  const { step_path, attempt, message, data } = row;
  const level = levelName(row.level) as LogLineDto['level'];
  return { timestamp: row.logged_at.toISOString(), level, step_path, attempt, message, data };
}
