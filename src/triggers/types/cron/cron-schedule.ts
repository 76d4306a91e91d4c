import { Cron } from 'croner';
import { IANAZone } from 'luxon';
import { CronLineError, parseCronLine, parseExcludeLine, type CronLine } from './cron-line.js';
import { type InstantNote, type Schedule, type ScheduleWarning } from './schedule.js';
import { isGap, isInFold, localSpan, zoneTransitions, type ZoneTransition } from './zone-transitions.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;
/** An exclusion that cancels more than this in a row is taken for one that cancels all. */
const MOST_CANCELLED = 20_000;

/**
 * Cron instants in a zone. croner's `no-wildcard` rule is the DST rule of triggers.md: a line with fixed seconds, minutes
 * and hours fires once right after a gap and once, at the first pass, in a fold; any other at every real instant.
 */
export class CronSchedule implements Schedule {
  private readonly line: CronLine;
  private readonly cron: Cron;
  private readonly exclude: readonly { cron: Cron; wholeHours: boolean }[];

  /** @throws CronLineError */
  constructor(
    source: string,
    private readonly timezone: string,
    exclude: readonly string[],
    triggerId: string,
  ) {
    if (!IANAZone.isValidZone(timezone)) throw new CronLineError(`${timezone} is not a time zone of the IANA database`);
    this.line = parseCronLine(source, triggerId);
    this.cron = inZone(this.line.pattern, timezone);
    this.exclude = exclude.map((text) => {
      const { pattern } = parseExcludeLine(text, triggerId);
      return { cron: inZone(pattern, timezone), wholeHours: pattern.startsWith('* * ') };
    });
  }

  next(after: number): number | null {
    let from = after;
    for (let tries = 0; tries < MOST_CANCELLED; tries += 1) {
      const found = this.cron.nextRun(new Date(from));
      if (found === null) return null;
      const resume = this.cancelledUntil(found);
      if (resume === null) return found.getTime();
      from = resume;
    }
    return null;
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

  /** When an exclusion cancels this instant: from where to look on. */
  private cancelledUntil(at: Date): number | null {
    const hit = this.exclude.find(({ cron }) => cron.match(at));
    if (hit === undefined) return null;
    if (!hit.wholeHours) return at.getTime();
    // Real quarters of an hour never straddle a change of the local hour.
    const quarter = HOUR_MS / 4;
    return (Math.floor(at.getTime() / quarter) + 1) * quarter - 1000;
  }

  private warningOf(transition: ZoneTransition, local: Date): ScheduleWarning {
    const time = local.toISOString().slice(0, 19).replace('T', ' ');
    const where = `${this.line.source} in ${this.timezone}: the local time ${time}`;
    return isGap(transition)
      ? { code: 'dst_gap', at: new Date(transition.at), message: `${where} does not exist, the clocks skip it` }
      : { code: 'dst_fold', at: new Date(transition.at), message: `${where} occurs twice, the clocks go back` };
  }
}

function inZone(pattern: string, timezone: string): Cron {
  return new Cron(pattern, { timezone, fixedTimeRule: 'no-wildcard', paused: true });
}
