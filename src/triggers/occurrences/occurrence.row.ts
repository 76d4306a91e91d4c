import type { OccurrenceOutcome } from '../../engine/engine.contract.js';

/** A row of the ledger. */
export interface Occurrence {
  id: string;
  trigger_id: string;
  workflow_id: string;
  occurred_at: Date;
  scheduled_for: Date | null;
  dedup_key: string | null;
  outcome: OccurrenceOutcome;
  reason_code: string | null;
  reason_detail: string | null;
  execution_id: string | null;
  payload: unknown;
  replay_of: string | null;
}

export interface OccurrenceFilter {
  readonly outcomes?: readonly OccurrenceOutcome[];
  readonly from?: Date;
  readonly to?: Date;
  /** The last id of the page before; newest first. */
  readonly before?: string;
  readonly limit: number;
}
