import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from './figures.js';
import { EMPTY, add, byStepType, negative, stepKey, sumOf, tallyOf, type EndedExecution, type Tally } from './tally.js';

const ended: fc.Arbitrary<EndedExecution> = fc.record({
  status: fc.constantFrom('completed', 'failed', 'timed_out', 'cancelled'),
  durationMs: fc.nat(100_000),
  waitMs: fc.option(fc.nat(10_000)),
  attempt: fc.integer({ min: 1, max: 3 }),
  errorCode: fc.option(fc.constantFrom('timeout', 'http_500', '__proto__', 'constructor')),
});

const plain = (tally: Tally): unknown => JSON.parse(JSON.stringify(tally));

describe('a tally', () => {
  it('comes to the same in whatever order it is added up', () => {
    fc.assert(
      fc.property(fc.array(ended), (all) => {
        const sum = all.map(tallyOf).reduce(add, EMPTY);
        const back = [...all].reverse().map(tallyOf).reduce(add, EMPTY);
        expect(plain(back)).toEqual(plain(sum));
        expect(plain(sumOf(all.map(tallyOf)))).toEqual(plain(sum));
      }),
    );
  });

  it('has nothing left of what was taken out again', () => {
    fc.assert(
      fc.property(fc.array(ended), ended, (all, retried) => {
        const sum = all.map(tallyOf).reduce(add, EMPTY);
        const undone = add(add(sum, tallyOf(retried)), negative(tallyOf(retried)));
        expect(plain(undone)).toEqual(plain(sum));
        const together = sumOf([sum, tallyOf(retried), negative(tallyOf(retried))]);
        expect(plain(together)).toEqual(plain(sum));
      }),
    );
  });

  it('adds steps of all workflows up by type', () => {
    const step = { count: 1, failed: 1, retried: 0, retry_completed: 0, duration_ms: 5 };
    const tally = { ...EMPTY, steps: { [stepKey('http', 'a')]: step, [stepKey('http', 'b')]: step } };
    expect(byStepType(tally).steps).toEqual({ http: { ...step, count: 2, failed: 2, duration_ms: 10 } });
  });

  it('keeps 200 error codes apart and adds the rarest up', () => {
    const codes = Array.from({ length: 300 }, (_, n) => `code_${n}`);
    const sum = codes
      .map((errorCode) => tallyOf({ status: 'failed', durationMs: 1, waitMs: null, attempt: 1, errorCode }))
      .reduce(add, EMPTY);
    expect(Object.keys(sum.errors).length).toBeLessThanOrEqual(200);
    expect(Object.values(sum.errors).reduce((a, b) => a + b)).toBe(300);
  });

  it('does not count a duration of what was cancelled before it started', () => {
    const cancelled = tallyOf({ status: 'cancelled', durationMs: 0, waitMs: null, attempt: 1, errorCode: null });
    expect(figuresOf(cancelled, 0).figures).toMatchObject({ executions: 1, cancelled: 1, mean_ms: null, p50_ms: null });
  });
});
