import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database } from '../common/database/database.js';
import { newId } from '../common/ids.js';
import { Signals } from '../common/signals/signals.contract.js';
import { Replica } from '../engine/replica.js';

const CHANGED = 'trigger.changed';
const FOLLOWED = 'trigger.followed';
/** A replica that does not answer is dead or cut off; nobody waits longer for it. */
const PATIENCE_MS = 2_000;

/** Index: the primary key; a row a process. */
const OTHERS = /* sql */ `
SELECT id FROM replica WHERE id <> $1 AND expires_at > now() AND 'api' = ANY (roles)`;

interface Change {
  readonly change: string;
  readonly from: string;
}

/** Tells the other replicas that triggers in force have changed, and waits until they follow. */
@Injectable()
export class TriggerChanges implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('TriggerChanges');
  private readonly waiting = new Map<string, (replica: string) => void>();
  private readonly ends: (() => void)[] = [];
  private follow: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly signals: Signals,
    private readonly database: Database,
    private readonly replica: Replica,
  ) {}

  onModuleInit(): void {
    this.ends.push(
      this.signals.subscribe(CHANGED, (payload) => void this.onChanged(payload as Change)),
      this.signals.subscribe(FOLLOWED, (payload) => this.onFollowed(payload as Change)),
    );
  }

  onModuleDestroy(): void {
    for (const end of this.ends) end();
  }

  /** What this replica does when another one has changed triggers. */
  onChange(follow: () => Promise<void>): void {
    this.follow = follow;
  }

  /** Resolves when every replica that serves requests follows the change, or has not answered for two seconds. */
  async tell(): Promise<void> {
    const change = newId();
    try {
      const others = await this.database.query<{ id: string }>(OTHERS, [this.replica.id]);
      const followed = this.awaitAll(change, new Set(others.map((row) => row.id)));
      await this.signals.publish(CHANGED, { change, from: this.replica.id } satisfies Change);
      await followed;
    } catch (error) {
      // The change is committed; who was not told looks at the table when a delivery finds no route.
      this.logger.warn({ message: 'the other replicas could not be told of a change of triggers', err: error });
    } finally {
      this.waiting.delete(change);
    }
  }

  private async awaitAll(change: string, missing: Set<string>): Promise<void> {
    if (missing.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      this.waiting.set(change, (replica) => {
        missing.delete(replica);
        if (missing.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private async onChanged({ change, from }: Change): Promise<void> {
    if (from === this.replica.id) return;
    try {
      await this.follow();
      await this.signals.publish(FOLLOWED, { change, from: this.replica.id } satisfies Change);
    } catch (error) {
      this.logger.warn({ message: 'a change of triggers could not be followed at once', err: error });
    }
  }

  private onFollowed({ change, from }: Change): void {
    this.waiting.get(change)?.(from);
  }
}
