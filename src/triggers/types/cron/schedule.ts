import type { Exclusions } from './exclusions.js';

/** A local time that the clocks skip, or one that they show twice. */
export type InstantNote = 'gap' | 'fold' | null;

export interface ScheduleWarning {
  readonly code: 'dst_gap' | 'dst_fold';
  readonly message: string;
  readonly at: Date;
}

/** When something happens: nominal instants on whole seconds. Times are milliseconds since the Unix epoch. */
export interface Schedule {
  /** The first instant after `after`; null when there is none in the next 40 years. */
  next(after: number): number | null;
  note(at: number): InstantNote;
  /** What the clocks will do to it within 12 months. */
  warnings(from: number): ScheduleWarning[];
}

/** Elapsed time counts, whatever the clocks do: `anchor + n * period`. */
export class IntervalSchedule implements Schedule {
  /** @param exclusions null: nothing cancels its instants. */
  constructor(
    private readonly anchor: number,
    private readonly periodMs: number,
    private readonly exclusions: Exclusions | null = null,
  ) {}

  next(after: number): number | null {
    if (this.exclusions === null) return this.following(after);
    return this.exclusions.firstAfter(after, (from) => this.following(from));
  }

  note(): InstantNote {
    return null;
  }

  warnings(): ScheduleWarning[] {
    return [];
  }

  private following(after: number): number {
    if (after < this.anchor) return this.anchor;
    return this.anchor + (Math.floor((after - this.anchor) / this.periodMs) + 1) * this.periodMs;
  }
}
