import type { Cron } from 'croner';
import { inZone, parseExcludeLine } from './cron-line.js';

const QUARTER_MS = 900_000;
/** An exclusion that cancels more than this in a row is taken for one that cancels all. */
const MOST_CANCELLED = 20_000;

/** Cron lines that cancel instants of a schedule. */
export class Exclusions {
  private readonly lines: readonly { readonly cron: Cron; readonly wholeHours: boolean }[];

  /** @throws CronLineError */
  constructor(lines: readonly string[], timezone: string, triggerId: string) {
    this.lines = lines.map((text) => {
      const { pattern } = parseExcludeLine(text, triggerId);
      return { cron: inZone(pattern, timezone), wholeHours: pattern.startsWith('* * ') };
    });
  }

  /** @returns the first instant after `after`, of those that `next` tells, that no line cancels. */
  firstAfter(after: number, next: (after: number) => number | null): number | null {
    let from = after;
    for (let tries = 0; tries < MOST_CANCELLED; tries += 1) {
      const found = next(from);
      const resume = found === null ? null : this.cancelledUntil(found);
      if (resume === null) return found;
      from = resume;
    }
    return null;
  }

  /** When a line cancels this instant: from where to look on. */
  private cancelledUntil(at: number): number | null {
    // Lines know seconds only.
    const second = new Date(Math.floor(at / 1000) * 1000);
    const hit = this.lines.find(({ cron }) => cron.match(second));
    if (hit === undefined) return null;
    // Real quarters of an hour never straddle a change of the local hour.
    return hit.wholeHours ? Math.max(at, (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS - 1000) : at;
  }
}
