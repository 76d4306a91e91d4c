/** What the command reads of the API's answers; docs/reference/api.md has all of it. */
export interface ExecutionError {
  readonly code: string;
  readonly message: string;
  readonly step_path?: string | null;
}

export interface Execution {
  readonly id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly status: string;
  readonly attempt: number;
  readonly trigger_type: string | null;
  readonly created_at: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly duration_ms: number | null;
  readonly output: unknown;
  readonly error: ExecutionError | null;
  readonly step_executions?: readonly StepExecution[];
}

export interface StepExecution {
  readonly step_path: string;
  readonly type: string;
  readonly status: string;
  readonly attempt: number;
  readonly duration_ms: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly waiting?: { readonly for: string; readonly until: string | null } | null;
}

export interface Started {
  readonly execution_id: string | null;
  readonly status: string;
  readonly duplicate: boolean;
  readonly reason?: { readonly code: string; readonly detail: string | null } | null;
}

export interface LogLine {
  readonly timestamp: string;
  readonly level: string;
  readonly step_path: string | null;
  readonly message: string;
  readonly data: unknown;
}

export interface Trigger {
  readonly id: string;
  readonly workflow_id: string;
  readonly type: string;
  readonly name: string;
  readonly is_enabled: boolean;
  readonly is_armed: boolean;
  readonly next_due: string | null;
  readonly last_triggered: string | null;
  readonly trigger_count: number;
  readonly paused_reason: string | null;
  readonly health: { readonly status: string; readonly last_error: string | null };
}

export interface Occurrence {
  readonly id: string;
  readonly occurred_at: string;
  readonly scheduled_for: string | null;
  readonly outcome: string;
  readonly reason: { readonly code: string; readonly detail: string | null } | null;
  readonly execution_id: string | null;
}

export interface Workflow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly version: number;
  readonly execution_count: number;
  readonly success_rate: number | null;
  readonly last_executed: string | null;
}

export interface Deployment {
  readonly status: string;
  readonly version: number | null;
  readonly mode?: string | null;
  readonly triggers: readonly Trigger[];
  readonly warnings?: readonly { readonly code: string; readonly message: string }[];
}
