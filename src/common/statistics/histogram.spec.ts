import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, middleOf, percentilesOf } from './histogram.js';

const ERROR = 1 / 64;

describe('the histogram', () => {
  it('tells whole numbers below 64 apart, and is off by 1/64 at most above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 41 }), (value) => {
        const read = middleOf(bucketOf(value));
        return value < 64 ? read === value : Math.abs(read - value) <= value * ERROR;
      }),
    );
  });

  it('keeps the order of values', () => {
    fc.assert(fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), (a, b) => a > b || bucketOf(a) <= bucketOf(b)));
  });

  it('gives percentiles that differ from those of the values by 1/64 at most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10_000_000), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const counts: Record<string, number> = {};
          for (const value of values) counts[bucketOf(value)] = (counts[bucketOf(value)] ?? 0) + 1;
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
          const [read] = percentilesOf(counts, [share]);
          expect(Math.abs((read ?? NaN) - exact)).toBeLessThanOrEqual(exact * ERROR);
        },
      ),
    );
  });

  it('has no percentile where nothing was counted', () => {
    expect(percentilesOf({}, [0.5])).toEqual([null]);
    expect(percentilesOf({ 7: 0 }, [0.5])).toEqual([null]);
  });
});
