import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ApiKeyRepository } from './api-key.repository.js';

/** Milliseconds between two writes of `last_used`. */
const EVERY_MS = 5_000;

/** Gathers when keys were used, and writes it now and then: one statement for all keys. */
@Injectable()
export class KeyUsage implements BeforeApplicationShutdown {
  private readonly logger = new Logger(KeyUsage.name);
  private used = new Map<string, Date>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
  ) {}

  note(id: string): void {
    this.used.set(id, this.clock.date());
    this.timer ??= setTimeout(() => void this.flush(), EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  private async flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const used = this.used;
    if (used.size === 0) return;
    this.used = new Map();
    // Only a hint for people: when it cannot be written, the next use writes it.
    await this.keys
      .touch(used)
      .catch((error: unknown) => this.logger.warn(`last_used was not written: ${String(error)}`));
  }
}
