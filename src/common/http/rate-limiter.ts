import type { RateLimit } from '../config/app-config.js';

const MOST_KEYS = 50_000;

/** Fixed windows in memory, per replica. */
export class RateLimiter {
  private windows = new Map<string, number>();
  private windowStart = 0;

  constructor(private readonly limit: RateLimit) {}

  /** @returns 0 when the call may pass, else the seconds until the next window. */
  take(key: string, now: number): number {
    if (now - this.windowStart >= this.limit.perMs || this.windows.size >= MOST_KEYS) {
      this.windows = new Map();
      this.windowStart = now;
    }
    const used = this.windows.get(key) ?? 0;
    if (used >= this.limit.count) return Math.max(1, Math.ceil((this.windowStart + this.limit.perMs - now) / 1000));
    this.windows.set(key, used + 1);
    return 0;
  }
}
