import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../common/clock.js';
import { Redactor } from '../common/logging/redactor.js';
import { Signals } from '../common/signals/signals.contract.js';
import { SecretBox } from './secret-box.js';
import { SecretEntity } from './secret.entity.js';
import { SECRET_CHANGED_SIGNAL, SecretStore } from './secret-store.js';

/** How long an opened value is kept, milliseconds. A change is signalled to all replicas at once. */
const FRESH_MS = 30_000;

/** Opened secrets, kept briefly; every value that was opened is redacted from then on. */
@Injectable()
export class OpenedSecrets extends SecretStore implements OnModuleDestroy {
  private readonly opened = new Map<string, { value: Promise<string | undefined>; until: number }>();
  private readonly unsubscribe: () => void;

  constructor(
    @InjectRepository(SecretEntity) private readonly secrets: Repository<SecretEntity>,
    private readonly box: SecretBox,
    private readonly redactor: Redactor,
    private readonly clock: Clock,
    signals: Signals,
  ) {
    super();
    this.unsubscribe = signals.subscribe(SECRET_CHANGED_SIGNAL, () => this.opened.clear());
    signals.onReconnect(() => this.opened.clear());
  }

  override get(name: string): Promise<string | undefined> {
    const known = this.opened.get(name);
    if (known !== undefined && known.until > this.clock.now()) return known.value;
    const value = this.open(name);
    this.opened.set(name, { value, until: this.clock.now() + FRESH_MS });
    value.catch(() => this.opened.delete(name));
    return value;
  }

  override async names(): Promise<readonly string[]> {
    const rows = await this.secrets.find({ select: { name: true }, order: { name: 'ASC' } });
    return rows.map(({ name }) => name);
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  private async open(name: string): Promise<string | undefined> {
    const found = await this.secrets.findOneBy({ name });
    if (found === null) return undefined;
    const value = this.box.open(name, found);
    this.redactor.add(value);
    return value;
  }
}
