import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spansOf, UNIT_MS, widened, type Unit } from './spans.js';

const MINUTES = fc.integer({ min: 28_000_000, max: 28_100_000 });

describe('spans', () => {
  it('cover every minute of a range once, with whole units no larger than the bucket', () => {
    fc.assert(
      fc.property(MINUTES, fc.nat(10_000), fc.constantFrom<Unit>('minute', 'hour', 'day'), (start, length, unit) => {
        const from = start * UNIT_MS.minute;
        const to = from + length * UNIT_MS.minute;
        let at = from;
        for (const span of spansOf(from, to, unit)) {
          expect(span.from).toBe(at);
          expect(span.from % UNIT_MS[span.unit]).toBe(0);
          expect(span.to % UNIT_MS[span.unit]).toBe(0);
          expect(UNIT_MS[span.unit]).toBeLessThanOrEqual(UNIT_MS[unit]);
          at = span.to;
        }
        expect(at).toBe(to);
      }),
    );
  });

  it('need few rows: a year is read by days, with hours and minutes at its edges only', () => {
    const from = Date.UTC(2026, 0, 1, 10, 30);
    const spans = spansOf(from, from + 365 * UNIT_MS.day, 'day');
    const rows = spans.reduce((sum, { unit, from, to }) => sum + (to - from) / UNIT_MS[unit], 0);
    expect(rows).toBeLessThan(365 + 24 + 60);
  });

  it('a range is widened to minutes, and to hours or days where those are gone', () => {
    const now = Date.UTC(2026, 5, 15, 12, 34, 56);
    expect(widened(now - 1_500, now, now)).toEqual({
      from: Date.UTC(2026, 5, 15, 12, 34),
      to: Date.UTC(2026, 5, 15, 12, 35),
    });
    expect(widened(Date.UTC(2026, 5, 1, 9, 59), now, now).from).toBe(Date.UTC(2026, 5, 1, 9));
    expect(widened(Date.UTC(2024, 5, 1, 9, 59), now, now).from).toBe(Date.UTC(2024, 5, 1));
  });
});
