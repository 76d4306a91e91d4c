import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import type { Liveness } from './trigger.contract.js';
import { TriggerRepository, type TriggerCount } from './trigger.repository.js';
import type { StoredLiveness } from './trigger.row.js';

const FLUSH_MS = 500;

/** How triggers do on this replica. Counts are gathered and written together: a firing costs no row update. */
@Injectable()
export class TriggerActivity implements OnApplicationShutdown {
  private readonly log = new Logger(TriggerActivity.name);
  private readonly liveness = new Map<string, Partial<Liveness>>();
  private readonly shared = new Map<string, Partial<Liveness>>();
  private readonly unwritten = new Set<string>();
  private counts = new Map<string, TriggerCount>();
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly triggers: TriggerRepository,
    private readonly clock: Clock,
  ) {}

  fired(id: string, at: Date = this.clock.date()): void {
    this.count({ id, fired: 1, lastFired: at, lastLooked: this.clock.date() });
  }

  /** Something was before it and has not fired. */
  looked(id: string): void {
    this.count({ id, fired: 0, lastFired: null, lastLooked: this.clock.date() });
  }

  report(triggerId: string, liveness: Partial<Liveness>): void {
    this.liveness.set(triggerId, { ...this.liveness.get(triggerId), ...liveness });
  }

  /** For the other replicas as well; written with the next flush. */
  share(triggerId: string, liveness: Partial<Liveness>): void {
    const whole = { ...this.shared.get(triggerId), ...liveness };
    this.shared.set(triggerId, whole);
    this.unwritten.add(triggerId);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  restarted(triggerId: string): void {
    this.share(triggerId, { restarts: (this.shared.get(triggerId)?.restarts ?? 0) + 1 });
  }

  of(triggerId: string): Partial<Liveness> {
    return this.liveness.get(triggerId) ?? {};
  }

  forget(triggerId: string): void {
    this.liveness.delete(triggerId);
    this.shared.delete(triggerId);
    this.unwritten.delete(triggerId);
  }

  /** Writes what has been counted. A flush that fails keeps its counts for the next. */
  flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.flushing = this.flushing.then(() => this.write()).then(() => this.writeShared());
    return this.flushing;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.flush();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private async write(): Promise<void> {
    const counted = this.counts;
    if (counted.size === 0) return;
    this.counts = new Map();
    try {
      await this.triggers.addCounts([...counted.values()]);
    } catch (error) {
      this.log.warn(`trigger counts could not be written: ${String(error)}`);
      for (const count of counted.values()) this.count(count, FLUSH_MS * 10);
    }
  }

  private async writeShared(): Promise<void> {
    const ids = [...this.unwritten];
    if (ids.length === 0) return;
    this.unwritten.clear();
    const values = ids.map((id) => storedOf(this.shared.get(id) ?? {}));
    try {
      await this.triggers.setLiveness(ids, values);
    } catch (error) {
      this.log.warn(`the health of triggers could not be written: ${String(error)}`);
      for (const id of ids) if (this.shared.has(id)) this.unwritten.add(id);
    }
  }

  private count(count: TriggerCount, delayMs = FLUSH_MS): void {
    const known = this.counts.get(count.id);
    this.counts.set(count.id, known === undefined ? count : sumOf(known, count));
    this.timer ??= setTimeout(() => void this.flush(), delayMs).unref();
  }
}

function sumOf(one: TriggerCount, other: TriggerCount): TriggerCount {
  return {
    id: one.id,
    fired: one.fired + other.fired,
    lastFired: latest(one.lastFired, other.lastFired),
    lastLooked: latest(one.lastLooked, other.lastLooked),
  };
}

function latest<T extends Date | null>(one: T, other: T): T {
  return (one?.getTime() ?? 0) > (other?.getTime() ?? 0) ? one : other;
}

function storedOf({ connectedSince, lastLooked, lastError, restarts, isDown }: Partial<Liveness>): StoredLiveness {
  return {
    connectedSince: connectedSince?.toISOString() ?? null,
    lastLooked: lastLooked?.toISOString() ?? null,
    lastError: lastError ?? null,
    restarts: restarts ?? 0,
    isDown: isDown ?? false,
  };
}
