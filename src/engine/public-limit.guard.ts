import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../common/config/app-config.js';
import { RateLimiter } from '../common/http/rate-limiter.js';
import { TooManyRequestsError } from './engine.errors.js';

/** `RATE_LIMIT_PUBLIC` for addresses that hold a token: by route and sender, since tokens could be tried one by one. */
@Injectable()
export class PublicLimitGuard implements CanActivate {
  private readonly limiter: RateLimiter | null;

  constructor(
    { rateLimitPublic }: AppConfig,
    private readonly clock: Clock,
  ) {
    this.limiter = rateLimitPublic === null ? null : new RateLimiter(rateLimitPublic);
  }

  /** @throws TooManyRequestsError (429) with `Retry-After` */
  canActivate(context: ExecutionContext): boolean {
    const { ip } = context.switchToHttp().getRequest<FastifyRequest>();
    const wait = this.limiter?.take(`${context.getClass().name} ${ip}`, this.clock.now()) ?? 0;
    if (wait > 0) throw new TooManyRequestsError(wait);
    return true;
  }
}
