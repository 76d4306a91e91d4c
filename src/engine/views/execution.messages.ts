import { toEnum, toTimestamp } from '../../common/grpc/scalars.js';
import { toStruct, toValue } from '../../common/grpc/values.js';
import type { LiveEvent } from '../live/server-sent-events.js';
import type { ExecutionDto, LogLineDto, StepExecutionDto } from './execution.dto.js';

export const EXECUTION_STATUS = 'EXECUTION_STATUS';

/** An execution, or as much of it as there is, as proto/execution.proto writes it. */
export function toExecutionMessage(view: Partial<ExecutionDto>): object {
  return {
    ...view,
    status: toEnum(EXECUTION_STATUS, view.status),
    input: toValue(view.input),
    output: toValue(view.output),
    variables: toStruct(view.variables as object | null | undefined),
    start_time: toTimestamp(view.start_time),
    end_time: toTimestamp(view.end_time),
    created_at: toTimestamp(view.created_at),
    step_executions: view.step_executions?.map(toStepMessage),
  };
}

export function toStepMessage(view: StepExecutionDto & { omitted?: readonly string[] }): object {
  const { waiting } = view;
  return {
    ...view,
    status: toEnum('STEP_STATUS', view.status),
    input: toValue(view.input),
    output: toValue(view.output),
    waiting: waiting === null ? undefined : { for: waiting.for, until: toTimestamp(waiting.until) },
    started_at: toTimestamp(view.started_at),
    finished_at: toTimestamp(view.finished_at),
  };
}

export function toLogMessage(view: LogLineDto): object {
  const data = view.data === null ? undefined : toValue(view.data);
  return { ...view, timestamp: toTimestamp(view.timestamp), level: toEnum('LOG_LEVEL', view.level), data };
}

export function toEventMessage({ event, data, id }: LiveEvent): object {
  return { ...bodyOf(event, data), resume_token: id };
}

function bodyOf(event: LiveEvent['event'], data: unknown): object {
  switch (event) {
    case 'execution':
      return { execution: toExecutionMessage(data as Partial<ExecutionDto>) };
    case 'step':
      return { step: toStepMessage(data as StepExecutionDto) };
    case 'log':
      return { log: toLogMessage(data as LogLineDto) };
    case 'token':
      return { token: data };
    default:
      return { end: { status: toEnum(EXECUTION_STATUS, (data as { status?: string }).status) } };
  }
}
