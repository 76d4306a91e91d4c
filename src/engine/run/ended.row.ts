/** What the end of an execution tells about itself. */
export interface EndedRow {
  readonly id: string;
  readonly workflow_id: string;
  readonly trigger_type: string;
  readonly status: string;
  readonly awaited_by: string | null;
  readonly duration_ms: number;
}
