import type { RetryPolicy } from './plan.js';

/**
 * Milliseconds to wait after attempt `attempt` (from 1) has failed: `initial_delay` times `backoff_factor` for every
 * further one, at most `max_delay`, spread by `jitter` to both sides and still at most `max_delay`.
 * @param random from 0 to 1
 */
export function retryDelay(policy: RetryPolicy, attempt: number, random: number): number {
  const grown = policy.initialDelayMs * policy.backoffFactor ** Math.max(0, attempt - 1);
  const base = Math.min(grown, policy.maxDelayMs);
  const spread = base * policy.jitter * (2 * random - 1);
  return Math.round(Math.min(Math.max(base + spread, 0), policy.maxDelayMs));
}
