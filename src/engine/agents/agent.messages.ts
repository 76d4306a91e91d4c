import { toEnum } from '../../common/grpc/scalars.js';
import { toValue } from '../../common/grpc/values.js';
import type { LiveEvent } from '../live/server-sent-events.js';
import type { ExecutionDto, LogLineDto } from '../views/execution.dto.js';
import { EXECUTION_STATUS, toExecutionMessage, toLogMessage } from '../views/execution.messages.js';
import type { AgentStart } from './agent-runs.service.js';

/** What RunAgent sends: how the run began, what happened, how it ended. */
export type AgentView = AgentStart | LiveEvent | { readonly result: ExecutionDto };

/** As proto/ai_service.proto writes it. */
export function toAgentMessage(view: AgentView): object {
  if ('result' in view) return { result: toResult(view.result) };
  if (!('event' in view)) return { started: { ...view, execution_id: view.id } };
  return { ...bodyOf(view), resume_token: view.id };
}

function bodyOf({ event, data }: LiveEvent): object {
  if (event === 'execution') return { execution: toExecutionMessage(data as Partial<ExecutionDto>) };
  if (event === 'token') return { token: data };
  const line = data as LogLineDto;
  const told = (line.data ?? {}) as Record<string, unknown>;
  // The lines of an agent's turns and calls: nodes/types/agent/agent-run.ts.
  if (Array.isArray(told['tools'])) return { turn: told };
  if (typeof told['tool'] === 'string') return { tool_call: { ...told, arguments: toValue(told['arguments']) } };
  return { log: toLogMessage(line) };
}

function toResult({ status, output, error }: ExecutionDto): object {
  return { ...(output as object | null), status: toEnum(EXECUTION_STATUS, status), error };
}
