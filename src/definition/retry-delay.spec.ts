import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from './plan.js';
import { retryDelay } from './retry-delay.js';

const policy: RetryPolicy = {
  maxAttempts: 5,
  initialDelayMs: 1000,
  maxDelayMs: 5000,
  backoffFactor: 2,
  jitter: 0,
  retryOn: [],
  abortOn: [],
  maxDurationMs: null,
};

describe('the delay before a retry', () => {
  it('grows by the factor up to the longest', () =>
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelay(policy, attempt, 0.5))).toEqual([1000, 2000, 4000, 5000, 5000]));

  it('is spread by the jitter', () => {
    const spread = { ...policy, jitter: 0.5 };
    expect([0, 0.5, 1].map((random) => retryDelay(spread, 1, random))).toEqual([500, 1000, 1500]);
  });

  it('is never negative and never over the longest', () =>
    fc.assert(
      fc.property(
        fc.record({
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
          backoffFactor: fc.double({ min: 1, max: 100, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (some, attempt, random) => {
          const delay = retryDelay({ ...policy, ...some }, attempt, random);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
        },
      ),
    ));
});
