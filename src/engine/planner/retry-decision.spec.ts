import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../definition/plan.js';
import { decideRetry, type FailedAttempt } from './retry-decision.js';

const policy: RetryPolicy = {
  maxAttempts: 4,
  initialDelayMs: 1000,
  maxDelayMs: 3000,
  backoffFactor: 2,
  jitter: 0,
  retryOn: [],
  abortOn: [],
  maxDurationMs: null,
};
const failed: FailedAttempt = { code: 'http_503', retryable: true, failures: 1, elapsedMs: 0, askedDelayMs: null };

describe('decideRetry', () => {
  it('backs off by the factor, up to the longest delay', () => {
    const delays = [1, 2, 3].map((failures) => decideRetry(policy, { ...failed, failures }, 0.5));
    expect(delays).toEqual([1000, 2000, 3000]);
  });

  it('stops when the attempts are used up', () => {
    expect(decideRetry(policy, { ...failed, failures: 4 }, 0.5)).toBeNull();
  });

  it('spreads the delay by the jitter, both ways', () => {
    const spread = { ...policy, jitter: 0.1 };
    expect([0, 0.5, 1].map((random) => decideRetry(spread, failed, random))).toEqual([900, 1000, 1100]);
  });

  it('retries only what is retryable, unless retry_on names it', () => {
    const refused = { ...failed, code: 'http_404', retryable: false };
    expect(decideRetry(policy, refused, 0.5)).toBeNull();
    expect(decideRetry({ ...policy, retryOn: ['http_4*'] }, refused, 0.5)).toBe(1000);
    expect(decideRetry({ ...policy, retryOn: ['timeout'] }, failed, 0.5)).toBeNull();
  });

  it('lets abort_on win over everything', () => {
    expect(decideRetry({ ...policy, retryOn: ['http_*'], abortOn: ['http_503'] }, failed, 0.5)).toBeNull();
  });

  it('waits as long as the attempt asked for, when that is longer', () => {
    expect(decideRetry(policy, { ...failed, askedDelayMs: 7000 }, 0.5)).toBe(7000);
    expect(decideRetry(policy, { ...failed, askedDelayMs: 10 }, 0.5)).toBe(1000);
  });

  it('does not start an attempt past max_duration', () => {
    expect(decideRetry({ ...policy, maxDurationMs: 1500 }, { ...failed, elapsedMs: 600 }, 0.5)).toBeNull();
    expect(decideRetry({ ...policy, maxDurationMs: 1600 }, { ...failed, elapsedMs: 600 }, 0.5)).toBe(1000);
  });

  it.each([
    ['http_5*', 'http_503', true],
    ['*', 'anything', true],
    ['*_failed', 'script_failed', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['http_503', 'http_5030', false],
    ['ab*ba', 'aba', false],
    ['validation', 'config_invalid', true],
    ['validation', 'http_503', false],
  ])('matches the pattern %s against %s: %s', (pattern, code, expected) => {
    const decision = decideRetry({ ...policy, retryOn: [pattern] }, { ...failed, code }, 0.5);
    expect(decision !== null).toBe(expected);
  });
});
