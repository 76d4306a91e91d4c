import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../common/config/app-config.js';
import type { PublicAnswer, PublicRequest } from '../trigger.contract.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { DeliveryRefusedError } from '../triggers.errors.js';
import { RateLimiter } from '../../common/http/rate-limiter.js';

const PREFIX = '/api/v1/public/';

/** Routes that all triggers of a type share: one address for an App, whatever workflows listen. */
@Injectable()
export class SharedIngress {
  private readonly limiter: RateLimiter | null;

  constructor(
    private readonly registry: TriggerRegistry,
    private readonly clock: Clock,
    settings: AppConfig,
  ) {
    this.limiter = settings.rateLimitPublic === null ? null : new RateLimiter(settings.rateLimitPublic);
  }

  routes(): { type: string; path: string }[] {
    return this.registry.types.flatMap(({ type, sharedRoute }) =>
      sharedRoute === null ? [] : [{ type, path: PREFIX + sharedRoute }],
    );
  }

  /** @throws DeliveryRefusedError 405, 429, and what the type refuses */
  async receive(name: string, request: PublicRequest): Promise<PublicAnswer> {
    if (request.method !== 'POST') {
      const headers = { Allow: 'POST' };
      throw new DeliveryRefusedError({ status: 405, code: 'method_not_allowed', message: 'Use POST.', headers });
    }
    const wait = this.limiter?.take(name, this.clock.now()) ?? 0;
    if (wait > 0) {
      const headers = { 'Retry-After': String(wait) };
      const message = 'Too many deliveries. Try again later.';
      throw new DeliveryRefusedError({ status: 429, code: 'rate_limited', message, headers });
    }
    return this.registry.get(name).receiveShared(request);
  }

  async status(): Promise<Record<string, unknown>[]> {
    const types = this.registry.types.filter(({ sharedRoute }) => sharedRoute !== null);
    return Promise.all(
      types.map(async (type) => {
        const { more, ...status } = await type.sharedStatus();
        return { type: type.type, method: 'POST', path: `${PREFIX}${type.sharedRoute ?? ''}`, ...status, ...more };
      }),
    );
  }
}
