import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Signals } from '../../common/signals/signals.contract.js';
import { Replica } from '../replica.js';

const WATCH_TOPIC = 'execution.watch';
const CHANGED_TOPIC = 'execution.changed';
const RENEW_MS = 5_000;
/** A watcher that was not heard of for that long is gone. */
const EXPIRE_MS = 15_000;
/** A signal holds this many ids at most: a NOTIFY takes 8,000 bytes. */
const IDS_PER_SIGNAL = 150;
/** Changes within this time share a signal. */
const GATHER_MS = 20;

/**
 * Who watches which execution. Watchers announce themselves to all replicas; only what is watched elsewhere costs its
 * owner a signal, and what nobody watches costs two look-ups in empty maps.
 */
@Injectable()
export class Watches implements OnModuleInit, OnModuleDestroy {
  private readonly here = new Map<string, Set<() => void>>();
  /** Watched on other replicas: until when. */
  private readonly elsewhere = new Map<string, number>();
  private readonly gathered = new Set<string>();
  private sending: NodeJS.Timeout | undefined;
  private renewing: NodeJS.Timeout | undefined;

  constructor(
    private readonly signals: Signals,
    private readonly replica: Replica,
  ) {}

  onModuleInit(): void {
    this.signals.subscribe(WATCH_TOPIC, (payload) => this.hearWatch(payload));
    this.signals.subscribe(CHANGED_TOPIC, (payload) => {
      for (const id of texts(payload)) this.wakeHere(id);
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.sending);
    clearInterval(this.renewing);
  }

  /** Calls `wake` when the execution may have changed. Signals may be lost: look by yourself too. @returns ends it. */
  watch(executionId: string, wake: () => void): () => void {
    const wakes = this.here.get(executionId) ?? new Set();
    this.here.set(executionId, wakes.add(wake));
    if (wakes.size === 1) this.announce([executionId]);
    this.renewing ??= setInterval(() => this.announce([...this.here.keys()]), RENEW_MS).unref();
    return () => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.here.get(executionId) === wakes) this.here.delete(executionId);
      if (this.here.size > 0) return;
      clearInterval(this.renewing);
      this.renewing = undefined;
    };
  }

  /** Call it after a commit that changed the execution. */
  changed(executionId: string): void {
    if (this.here.size > 0) this.wakeHere(executionId);
    if (this.elsewhere.size === 0) return;
    const until = this.elsewhere.get(executionId);
    if (until === undefined) return;
    if (until < performance.now()) {
      this.elsewhere.delete(executionId);
      return;
    }
    this.gathered.add(executionId);
    this.sending ??= setTimeout(() => this.send(), GATHER_MS).unref();
  }

  /** Whether somebody watches it now, on this replica or another. */
  isWatched(executionId: string): boolean {
    return this.here.has(executionId) || (this.elsewhere.get(executionId) ?? 0) > performance.now();
  }

  private wakeHere(executionId: string): void {
    for (const wake of this.here.get(executionId) ?? []) wake();
  }

  private send(): void {
    this.sending = undefined;
    const ids = [...this.gathered];
    this.gathered.clear();
    for (const part of parts(ids)) this.publish(CHANGED_TOPIC, part);
  }

  private announce(ids: readonly string[]): void {
    for (const part of parts(ids)) this.publish(WATCH_TOPIC, { from: this.replica.id, ids: part });
  }

  private hearWatch(payload: unknown): void {
    const { from, ids } = (payload ?? {}) as { from?: unknown; ids?: unknown };
    if (from === this.replica.id) return;
    const now = performance.now();
    for (const [id, until] of this.elsewhere) {
      // Oldest first: each renewal moves an entry to the end.
      if (until >= now) break;
      this.elsewhere.delete(id);
    }
    for (const id of texts(ids)) {
      this.elsewhere.delete(id);
      this.elsewhere.set(id, now + EXPIRE_MS);
    }
  }

  private publish(topic: string, payload: unknown): void {
    // A lost signal costs a watcher a second.
    this.signals.publish(topic, payload).catch(() => undefined);
  }
}

function texts(payload: unknown): string[] {
  return Array.isArray(payload) ? payload.filter((item) => typeof item === 'string') : [];
}

function parts(ids: readonly string[]): string[][] {
  const found: string[][] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_SIGNAL) found.push(ids.slice(start, start + IDS_PER_SIGNAL));
  return found;
}
