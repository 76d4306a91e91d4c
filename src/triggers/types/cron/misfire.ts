import type { Schedule } from './schedule.js';

export interface MisfireRule {
  /** How many of the newest missed instants still fire: 0 `skip`, 1 `fire_once`, `max_catch_up` `fire_all`. */
  readonly keepMissed: number;
  /** An instant later than this is missed; milliseconds. */
  readonly graceMs: number;
}

export interface PassedInstant {
  readonly at: number;
  /** false: missed, and the policy gives it up. */
  readonly fires: boolean;
}

export interface Passed {
  readonly instants: readonly PassedInstant[];
  /** The next instant to wait for, passed or not; null when the schedule has ended. */
  readonly next: number | null;
}

/** One transaction's worth of instants; a longer outage is worked off in several. */
export const MOST_INSTANTS = 500;

/** Which instants from `cursor` on have passed, and what is to become of each. */
export function passedInstants(
  schedule: Schedule,
  cursor: number,
  now: number,
  end: number | null,
  rule: MisfireRule,
): Passed {
  const walk = instantsFrom(schedule, cursor, Math.min(now, end ?? Infinity));
  const taken = take(walk, MOST_INSTANTS);
  const missedBefore = now - rule.graceMs;
  const missedHere = taken.filter((at) => at < missedBefore).length;
  // How many missed ones follow this batch, as far as that matters.
  const beyond = missedHere < taken.length ? [] : take(walk, rule.keepMissed).filter((at) => at < missedBefore);
  const instants = taken.map((at, index) => ({
    at,
    fires: at >= missedBefore || missedHere - 1 - index + beyond.length < rule.keepMissed,
  }));
  const last = taken.at(-1);
  return { instants, next: last === undefined ? cursor : withinEnd(schedule.next(last), end) };
}

function withinEnd(at: number | null, end: number | null): number | null {
  return at === null || (end !== null && at > end) ? null : at;
}

function* instantsFrom(schedule: Schedule, cursor: number, until: number): Generator<number, undefined> {
  for (let at: number | null = cursor; at !== null && at <= until; at = schedule.next(at)) yield at;
}

function take(walk: Iterator<number>, most: number): number[] {
  const taken: number[] = [];
  while (taken.length < most) {
    const step = walk.next();
    if (step.done === true) break;
    taken.push(step.value);
  }
  return taken;
}
