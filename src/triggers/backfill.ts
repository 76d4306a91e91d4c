/** Timers of backfills, told from the trigger's own by their key. */
export const BACKFILL_KEY = 'backfill:';

/** What a backfill still has to do; its timer carries it. */
export interface BackfillProgress {
  readonly from: string;
  readonly to: string;
  readonly maxActive: number;
}

export interface BackfillAnswer {
  dry_run: boolean;
  /** How many instants lie in the range, as far as `items` shows them. */
  count: number;
  items: { at: string }[];
  /** Whether the range holds more than `items`. */
  has_more: boolean;
}
