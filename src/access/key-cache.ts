import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Signals } from '../common/signals/signals.contract.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { hashOf } from './key-material.js';

/** How long a key is believed without asking again, milliseconds. A change is signalled to all replicas at once. */
const FRESH_MS = 30_000;
const MAX_KEYS = 10_000;
export const API_KEY_SIGNAL = 'api_key.changed';

interface Entry {
  readonly key: Promise<ApiKeyEntity | null>;
  readonly until: number;
}

/** Keys by the hash of their text, so that a request costs no query. Unknown keys are remembered too, and as briefly. */
@Injectable()
export class KeyCache implements OnModuleDestroy {
  private readonly entries = new Map<string, Entry>();
  private readonly unsubscribe: () => void;

  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly clock: Clock,
    private readonly signals: Signals,
  ) {
    this.unsubscribe = signals.subscribe(API_KEY_SIGNAL, () => this.entries.clear());
    signals.onReconnect(() => this.entries.clear());
  }

  find(token: string): Promise<ApiKeyEntity | null> {
    const hash = hashOf(token);
    const name = hash.toString('base64');
    const known = this.entries.get(name);
    if (known !== undefined && known.until > this.clock.now()) return known.key;
    const key = this.keys.findByHash(hash);
    this.entries.delete(name);
    this.entries.set(name, { key, until: this.clock.now() + FRESH_MS });
    key.catch(() => this.entries.delete(name));
    this.evict();
    return key;
  }

  /** Forgets all keys, here and on every replica. */
  async invalidate(): Promise<void> {
    this.entries.clear();
    await this.signals.publish(API_KEY_SIGNAL, null);
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  private evict(): void {
    const oldest = this.entries.keys().next();
    if (this.entries.size > MAX_KEYS && oldest.done !== true) this.entries.delete(oldest.value);
  }
}
