import { fitsGlob } from '../../common/text/glob.js';
import type { RetryPolicy } from '../../definition/plan.js';

export interface FailedAttempt {
  readonly code: string;
  readonly retryable: boolean;
  /** How many attempts have failed, this one included. */
  readonly failures: number;
  /** Milliseconds since the first attempt started. */
  readonly elapsedMs: number;
  /** What the attempt itself asked for (`Retry-After`), in milliseconds; null: nothing. */
  readonly askedDelayMs: number | null;
}

/**
 * Whether a failed attempt is tried again, and after how long.
 * @param random 0 to 1, for the jitter.
 * @returns milliseconds until the next attempt; null: no further one.
 */
export function decideRetry(policy: RetryPolicy, failed: FailedAttempt, random: number): number | null {
  if (failed.failures >= policy.maxAttempts) return null;
  if (policy.abortOn.some((pattern) => fits(pattern, failed.code))) return null;
  const wanted = policy.retryOn.length === 0 ? failed.retryable : policy.retryOn.some((p) => fits(p, failed.code));
  if (!wanted) return null;
  const delay = Math.max(backOff(policy, failed.failures, random), failed.askedDelayMs ?? 0);
  const tooLong = policy.maxDurationMs !== null && failed.elapsedMs + delay > policy.maxDurationMs;
  return tooLong ? null : delay;
}

/** `validation` stands for all that says so in its name: `config_invalid`, `input_invalid`, … */
function fits(pattern: string, code: string): boolean {
  return pattern === 'validation' ? code.endsWith('_invalid') : fitsGlob(pattern, code);
}

function backOff(policy: RetryPolicy, failures: number, random: number): number {
  const base = Math.min(policy.initialDelayMs * policy.backoffFactor ** (failures - 1), policy.maxDelayMs);
  const spread = base * policy.jitter;
  return Math.round(base - spread + 2 * spread * random);
}
