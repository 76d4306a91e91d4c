import { toJson } from '../../common/database/unnest.js';
import type { ClaimedExecution } from '../run/claim.statement.js';
import type { AcceptRow } from './accept.statement.js';

/** What a claim of this execution would have read, had it not been made by the commit that accepts it. */
export function claimOf(row: AcceptRow, at: Date): ClaimedExecution {
  const { execution } = row.request;
  if (execution === null || row.executionId === null) throw new Error('nothing was started that could be claimed');
  return {
    id: row.executionId,
    workflow_id: execution.workflowId,
    version: execution.version,
    epoch: 1,
    attempt: 1,
    priority: execution.priority,
    signal_seq: 0,
    cancel_requested: false,
    pause_requested: false,
    queued_at: at,
    start_time: at,
    deadline_at: row.timeoutMs === null ? null : new Date(at.getTime() + row.timeoutMs),
    trigger_id: execution.triggerId,
    trigger_type: execution.triggerType,
    concurrency_key: null,
    input: asStored(execution.input),
    variables: asStored(execution.variables),
    trigger: asStored(execution.trigger),
    error: null,
    parent_id: null,
    parent_step_id: null,
    parent_attempt: null,
    pass: null,
    pass_names: null,
    trace_parent: null,
    now: at,
    steps: [],
  };
}

/** As JSON keeps it, and nobody else's object. */
function asStored<T>(value: T): T {
  const json = toJson(value);
  return json === null ? (null as T) : (JSON.parse(json) as T);
}
