import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../common/config/app-config.js';
import { TriggerHost, type PublicAnswer, type PublicRequest } from '../trigger.contract.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { DeliveryRefusedError } from '../triggers.errors.js';
import { RateLimiter } from '../../common/http/rate-limiter.js';
import { TriggersInForce } from '../triggers-in-force.js';
import { REJECTIONS_KEPT, rejected } from './rejected.js';

const PREFIX = '/api/v1/public/';

/** Routes that all triggers of a type share: one address for an App, whatever workflows listen. */
@Injectable()
export class SharedIngress {
  private readonly log = new Logger(SharedIngress.name);
  private readonly limiter: RateLimiter | null;
  private readonly rejections = new RateLimiter(REJECTIONS_KEPT);

  constructor(
    private readonly registry: TriggerRegistry,
    private readonly host: TriggerHost,
    private readonly inForce: TriggersInForce,
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
    try {
      return await this.registry.get(name).receiveShared(request, {
        inForce: () => this.inForce.of([name]),
        hold: (client, triggers) => this.inForce.hold(client, triggers),
      });
    } catch (error) {
      if (error instanceof DeliveryRefusedError) await this.record(name, request, error);
      throw error;
    }
  }

  /** Each trigger that it may have been for shows who was refused and why, without what was sent. */
  private async record(name: string, request: PublicRequest, error: DeliveryRefusedError): Promise<void> {
    if (this.rejections.take(name, this.clock.now()) > 0) return;
    const seen = rejected(request, error, this.clock.date());
    try {
      const all = (await this.inForce.of([name])).map((trigger) => ({ trigger, seen }));
      const { after } = await this.host.transaction((client) => this.host.handleWithin(client, all));
      after();
    } catch (cause) {
      this.log.warn(`a rejected delivery to ${name} could not be recorded: ${String(cause)}`);
    }
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
