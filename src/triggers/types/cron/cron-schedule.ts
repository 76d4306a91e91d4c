import type { Cron } from 'croner';
import { inZone, parseCronLine, type CronLine } from './cron-line.js';
import { Exclusions } from './exclusions.js';
import { type InstantNote, type Schedule, type ScheduleWarning } from './schedule.js';
import { isGap, isInFold, localSpan, zoneTransitions, type ZoneTransition } from './zone-transitions.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/**
 * Cron instants in a zone. croner's `no-wildcard` rule is the DST rule of triggers.md: a line with fixed seconds, minutes
 * and hours fires once right after a gap and once, at the first pass, in a fold; any other at every real instant.
 */
export class CronSchedule implements Schedule {
  private readonly line: CronLine;
  private readonly cron: Cron;
  private readonly exclusions: Exclusions;

  /** @throws CronLineError */
  constructor(
    source: string,
    private readonly timezone: string,
    exclude: readonly string[],
    triggerId: string,
  ) {
    this.line = parseCronLine(source, triggerId);
    this.cron = inZone(this.line.pattern, timezone);
    this.exclusions = new Exclusions(exclude, timezone, triggerId);
  }

  next(after: number): number | null {
    return this.exclusions.firstAfter(after, (from) => this.cron.nextRun(new Date(from))?.getTime() ?? null);
  }

  note(at: number): InstantNote {
    for (const transition of zoneTransitions(this.timezone, at - 3 * HOUR_MS, at + 3 * HOUR_MS)) {
      if (isGap(transition)) {
        if (transition.at === at && !this.cron.match(new Date(at))) return 'gap';
      } else if (isInFold(transition, at)) {
        return 'fold';
      }
    }
    return null;
  }

  warnings(from: number): ScheduleWarning[] {
    if (this.line.hasWildcardHours) return [];
    const local = inZone(this.line.pattern, 'UTC');
    return zoneTransitions(this.timezone, from, from + YEAR_MS).flatMap((transition) => {
      const span = localSpan(transition);
      const hit = local.nextRun(new Date(span.from - 1000));
      return hit !== null && hit.getTime() < span.to ? [this.warningOf(transition, hit)] : [];
    });
  }

  private warningOf(transition: ZoneTransition, local: Date): ScheduleWarning {
    const time = local.toISOString().slice(0, 19).replace('T', ' ');
    const where = `${this.line.source} in ${this.timezone}: the local time ${time}`;
    return isGap(transition)
      ? { code: 'dst_gap', at: new Date(transition.at), message: `${where} does not exist, the clocks skip it` }
      : { code: 'dst_fold', at: new Date(transition.at), message: `${where} occurs twice, the clocks go back` };
  }
}
