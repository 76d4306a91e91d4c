import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../common/config/app-config.js';
import { TooManyWritesError } from './access.errors.js';

interface Bucket {
  tokens: number;
  at: number;
}

const MAX_BUCKETS = 10_000;

/**
 * A token bucket a caller: `RATE_LIMIT_API` writes at once, refilled evenly over its period. In memory, so each replica
 * counts for itself.
 */
@Injectable()
export class WriteLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /** @throws TooManyWritesError (429) with `Retry-After` */
  take(actor: string): void {
    const limit = this.config.rateLimitApi;
    if (limit === null) return;
    const now = this.clock.now();
    const perMs = limit.count / limit.perMs;
    const last = this.buckets.get(actor) ?? { tokens: limit.count, at: now };
    const tokens = Math.min(limit.count, last.tokens + Math.max(0, now - last.at) * perMs);
    if (tokens < 1) throw new TooManyWritesError((1 - tokens) / perMs);
    this.buckets.delete(actor);
    this.buckets.set(actor, { tokens: tokens - 1, at: now });
    this.evict();
  }

  private evict(): void {
    const oldest = this.buckets.keys().next();
    if (this.buckets.size > MAX_BUCKETS && oldest.done !== true) this.buckets.delete(oldest.value);
  }
}
