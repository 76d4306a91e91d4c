import { Controller } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { callerOf, checked, type GrpcCall, Rpc, sent } from '../common/grpc/rpc.js';
import {
  count,
  fromDuration,
  fromEnums,
  fromTimestamp,
  type PageRequest,
  pageIn,
  pageOut,
  type SecondsMessage,
  text,
  toEnum,
} from '../common/grpc/scalars.js';
import { streamOf } from '../common/grpc/stream.js';
import { fromStruct, fromValue, type StructMessage, type ValueMessage } from '../common/grpc/values.js';
import { CancelRequests } from './control/cancel-requests.service.js';
import { ExecutionStreams } from './live/execution-streams.js';
import { LiveExecutions } from './live/live-executions.service.js';
import type { LiveEvent } from './live/server-sent-events.js';
import { ExecuteService, type ExecuteAnswer } from './start/execute.service.js';
import { CancelDto, ExecuteDto, type ExecutionDto, ExecutionsQuery } from './views/execution.dto.js';
import { EXECUTION_STATUS, toEventMessage, toExecutionMessage } from './views/execution.messages.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

interface ExecuteRequest {
  workflow_id: string;
  input?: ValueMessage | null;
  variables?: StructMessage | null;
  priority?: number;
  version?: number;
  wait?: boolean;
  wait_timeout?: SecondsMessage | null;
  idempotency_key?: string;
}
interface HistoryRequest extends PageRequest {
  workflow_id?: string;
  statuses?: string[];
  trigger_id?: string;
  trigger_type?: string;
  from?: SecondsMessage | null;
  to?: SecondsMessage | null;
  query?: string;
  parent_id?: string;
}

/** What `wait` waits without a word. */
const DEFAULT_WAIT_S = 30;

/** Executions by gRPC: proto/workflow_service.proto. */
@Controller()
export class ExecutionsGrpc {
  constructor(
    private readonly executes: ExecuteService,
    private readonly queries: ExecutionQueries,
    private readonly cancels: CancelRequests,
    private readonly live: LiveExecutions,
    private readonly streams: ExecutionStreams,
  ) {}

  @Rpc('WorkflowService/ExecuteWorkflow', 'operator', 'POST /workflows/:workflow_id/execute', toStarted)
  async execute(request: ExecuteRequest, metadata: Metadata, call: GrpcCall) {
    const body = checked(ExecuteDto, {
      input: fromValue(request.input),
      variables: fromStruct(request.variables),
      priority: count(request.priority),
      version: count(request.version),
      wait: request.wait,
      wait_timeout: patienceOf(fromDuration(request.wait_timeout), call),
    });
    const idempotencyKey = text(request.idempotency_key) ?? sent(metadata, 'idempotency-key');
    const workflow = request.workflow_id;
    return viewOf(await this.executes.execute({ workflow, body, idempotencyKey, caller: callerOf(call) }));
  }

  @Rpc('WorkflowService/GetExecutionStatus', 'viewer', 'GET /executions/:execution_id', toExecutionMessage)
  get({ execution_id: id }: { execution_id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.queries.get(id, callerOf(call));
  }

  @Rpc('WorkflowService/CancelExecution', 'operator', 'POST /executions/:execution_id/cancel', toExecutionMessage)
  cancel(request: { execution_id: string; reason?: string }, _metadata: Metadata, call: GrpcCall) {
    const { reason } = checked(CancelDto, { reason: text(request.reason) });
    return this.cancels.cancel(request.execution_id, reason, callerOf(call));
  }

  @Rpc('WorkflowService/GetExecutionHistory', 'viewer', 'GET /executions', pageOut('executions', toExecutionMessage))
  history(request: HistoryRequest, _metadata: Metadata, call: GrpcCall) {
    const query = checked(ExecutionsQuery, {
      ...pageIn(request),
      workflow_id: text(request.workflow_id),
      status: fromEnums(EXECUTION_STATUS, request.statuses, 'statuses'),
      trigger_id: text(request.trigger_id),
      trigger_type: text(request.trigger_type),
      from: fromTimestamp(request.from, 'from'),
      to: fromTimestamp(request.to, 'to'),
      q: text(request.query),
      parent_id: text(request.parent_id),
    });
    return this.queries.list(query, callerOf(call));
  }

  @Rpc('WorkflowService/WatchExecution', 'viewer', 'GET /executions/:execution_id/events', toEventMessage)
  async watch(
    { execution_id: id, resume_token: token }: { execution_id: string; resume_token?: string },
    _metadata: Metadata,
    call: GrpcCall,
  ): Promise<Observable<LiveEvent>> {
    await this.queries.summary(id, callerOf(call));
    const look = this.live.events(id, text(token));
    return streamOf(call, (signal) => this.streams.follow(id, look, signal));
  }
}

/** Seconds; nobody listens any more when the deadline of the call has passed. */
function patienceOf(given: number | undefined, call: GrpcCall): number | undefined {
  const left = (Number(call.getDeadline()) - Date.now()) / 1000;
  return left < (given ?? DEFAULT_WAIT_S) ? Math.max(left, 0.001) : given;
}

interface StartView {
  id: string;
  workflow_id: string;
  status: string;
  duplicate: boolean;
  execution?: ExecutionDto;
}

/** One shape of both answers, with the id by which the audit log knows it. */
function viewOf(answer: ExecuteAnswer): StartView {
  if ('started' in answer) return { ...answer.started };
  const { id, workflow_id, status } = answer.finished;
  return { id, workflow_id, status, duplicate: false, execution: answer.finished };
}

function toStarted(view: StartView): object {
  const { id, workflow_id, status, duplicate, execution } = view;
  return {
    execution_id: id,
    workflow_id,
    status: toEnum(EXECUTION_STATUS, status),
    duplicate,
    execution: execution === undefined ? undefined : toExecutionMessage(execution),
  };
}
