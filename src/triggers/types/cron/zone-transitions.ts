import { IANAZone } from 'luxon';

/** A moment at which a zone's clocks jump. Offsets are minutes east of UTC. */
export interface ZoneTransition {
  /** Milliseconds since the Unix epoch: the first instant with the new offset. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The transitions with `from < at <= to`. Zones that change twice within one day are not known to exist after 1970. */
export function zoneTransitions(timezone: string, from: number, to: number): ZoneTransition[] {
  const zone = IANAZone.create(timezone);
  const found: ZoneTransition[] = [];
  let left = from;
  let before = zone.offset(left);
  while (left < to) {
    const right = Math.min(left + DAY_MS, to);
    const after = zone.offset(right);
    if (after !== before) found.push({ at: firstWith(zone, left, right, before), before, after });
    left = right;
    before = after;
  }
  return found;
}

/** The first whole second in `(left, right]` whose offset is no longer `before`. */
function firstWith(zone: IANAZone, left: number, right: number, before: number): number {
  let low = Math.floor(left / 1000);
  let high = Math.ceil(right / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

export const isGap = (transition: ZoneTransition): boolean => transition.after > transition.before;

/** The local times that are skipped (gap) or shown twice (fold), written as if they were UTC. */
export function localSpan(transition: ZoneTransition): { from: number; to: number } {
  const old = transition.at + transition.before * MINUTE_MS;
  const fresh = transition.at + transition.after * MINUTE_MS;
  return { from: Math.min(old, fresh), to: Math.max(old, fresh) };
}

/** Whether this instant's local time occurs twice. */
export function isInFold(transition: ZoneTransition, at: number): boolean {
  const width = (transition.before - transition.after) * MINUTE_MS;
  return width > 0 && at >= transition.at - width && at < transition.at + width;
}
