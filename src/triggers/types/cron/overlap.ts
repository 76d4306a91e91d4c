import type { PassedInstant } from './misfire.js';

export type OverlapPolicy = 'allow' | 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other';

/** `buffer_all` keeps so many; what comes then is skipped, and says so. */
export const MOST_BUFFERED = 1_000;

/** What becomes of an instant now. `note`: why it fires late, or in place of another. */
export type Verdict =
  | { readonly at: number; readonly fires: true; readonly note: string | null }
  | { readonly at: number; readonly fires: false; readonly code: 'misfire' | 'overlap'; readonly detail: string };

export interface Overlap {
  /** In the order in which they belong in the ledger. */
  readonly verdicts: readonly Verdict[];
  /** Instants that wait for the end of the last execution, oldest first. */
  readonly buffered: readonly number[];
  /** Whether the last execution is to make room for the instant that waits. */
  readonly cancels: boolean;
}

export interface OverlapSituation {
  readonly policy: OverlapPolicy;
  /** An execution of the trigger has not ended. */
  readonly isBusy: boolean;
  readonly buffered: readonly number[];
  readonly passed: readonly PassedInstant[];
  /** What instants that are given up as missed say. */
  readonly misfire: string;
}

/** What becomes of the instants that wait and of those that have just passed. Pure: the caller keeps what it returns. */
export function overlap(situation: OverlapSituation): Overlap {
  const { policy, passed, misfire } = situation;
  const turn = new Turn(policy, situation.isBusy, [...situation.buffered]);
  turn.takeBuffered();
  for (const { at, fires } of passed) {
    if (fires) turn.take(at);
    else turn.verdicts.push({ at, fires: false, code: 'misfire', detail: misfire });
  }
  const cancels = policy === 'cancel_other' && situation.isBusy && turn.buffered.length > 0;
  return { verdicts: turn.verdicts, buffered: turn.buffered, cancels };
}

class Turn {
  readonly verdicts: Verdict[] = [];

  constructor(
    private readonly policy: OverlapPolicy,
    private isBusy: boolean,
    readonly buffered: number[],
  ) {}

  /** Those that wait go first: one, and all of them when the policy was changed to `allow`. */
  takeBuffered(): void {
    while (this.buffered.length > 0 && (this.policy === 'allow' || !this.isBusy)) {
      const at = this.buffered.shift() ?? 0;
      const waited = 'waited for the end of the execution before it';
      this.fire(at, this.policy === 'cancel_other' ? 'the execution before it was cancelled' : waited);
    }
  }

  take(at: number): void {
    if (this.policy === 'allow' || (!this.isBusy && this.buffered.length === 0)) this.fire(at, null);
    else this.hold(at);
  }

  private hold(at: number): void {
    if (this.policy === 'skip') this.skip(at, 'the last execution still runs');
    else if (this.policy === 'buffer_one' && this.buffered.length > 0) this.skip(at, 'another instant waits already');
    else if (this.buffered.length >= MOST_BUFFERED) this.skip(at, `${MOST_BUFFERED} instants wait already`);
    else {
      if (this.policy === 'cancel_other')
        for (const older of this.buffered.splice(0)) this.skip(older, 'a newer instant took its place');
      this.buffered.push(at);
    }
  }

  private fire(at: number, note: string | null): void {
    this.verdicts.push({ at, fires: true, note });
    this.isBusy = true;
  }

  private skip(at: number, detail: string): void {
    this.verdicts.push({ at, fires: false, code: 'overlap', detail });
  }
}
