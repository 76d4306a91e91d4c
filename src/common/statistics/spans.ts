export type Unit = 'minute' | 'hour' | 'day';

export const UNIT_MS: Readonly<Record<Unit, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const DAY_MS = UNIT_MS.day;
/** How long a unit can be told apart, milliseconds; days for ever. */
export const KEPT_MS: Readonly<Record<Unit, number>> = { minute: 8 * DAY_MS, hour: 400 * DAY_MS, day: Infinity };

/** Rows of one unit, by their first millisecond: `from` included, `to` not. */
export interface Span {
  readonly unit: Unit;
  readonly from: number;
  readonly to: number;
}

/** Widens a range to whole units: the finest that are still kept at its edges. */
export function widened(from: number, to: number, now: number): { from: number; to: number } {
  const down = (at: number): number => Math.floor(at / UNIT_MS[finestAt(at, now)]) * UNIT_MS[finestAt(at, now)];
  const up = (at: number): number => Math.ceil(at / UNIT_MS[finestAt(at, now)]) * UNIT_MS[finestAt(at, now)];
  return { from: down(from), to: up(to) };
}

/** The day of slack lets the chore that removes units be late, or early. */
export function finestAt(at: number, now: number): Unit {
  if (at >= now - KEPT_MS.minute + DAY_MS) return 'minute';
  return at >= now - KEPT_MS.hour + DAY_MS ? 'hour' : 'day';
}

/** Covers a range of whole minutes with the fewest rows: the largest units inside, no larger than `largest`. */
export function spansOf(from: number, to: number, largest: Unit): Span[] {
  if (from >= to) return [];
  if (largest === 'minute') return [{ unit: largest, from, to }];
  const size = UNIT_MS[largest];
  const first = Math.ceil(from / size) * size;
  const last = Math.floor(to / size) * size;
  const smaller = largest === 'day' ? 'hour' : 'minute';
  if (first >= last) return spansOf(from, to, smaller);
  return [...spansOf(from, first, smaller), { unit: largest, from: first, to: last }, ...spansOf(last, to, smaller)];
}
