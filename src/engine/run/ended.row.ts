/** What `RETURNING` gives of an ended execution beside its duration. */
export const ENDED_COLUMNS =
  'id, workflow_id, trigger_type, status, awaited_by, end_time AS ended_at, parent_step_id, parent_attempt, is_detached, pass, ' +
  "has_stopped, attempt, error->>'code' AS error_code, date_part('epoch', queued_at) AS queued_at, " +
  "date_part('epoch', start_time) AS started_at";

/** What the end of an execution tells about itself. */
export interface EndedRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly trigger_type: string;
  readonly status: string;
  readonly awaited_by: string | null;
  readonly duration_ms: number;
  readonly ended_at: Date;
  /** The step execution that started it, in which attempt; null: none. */
  readonly parent_step_id: string | null;
  readonly parent_attempt: number | null;
  readonly is_detached: boolean;
  /** Position of a distributed loop's pass; null: an execution of a whole definition. */
  readonly pass: number | null;
  /** Of the execution. */
  readonly attempt: number;
  readonly error_code: string | null;
  /** Seconds since the epoch. The start of this attempt is null where it was never claimed. */
  readonly queued_at: number;
  readonly started_at: number | null;
  /** A `stop` step has ended it. */
  readonly has_stopped: boolean;
}
