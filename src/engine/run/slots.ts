import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import { WorkerLoad } from '../load/worker-load.js';

/** How many executions without effects a process may hold beside its slots: they only wait for commits. */
const MOST_AHEAD = 90;

/**
 * The process's slots: `WORKER_CONCURRENCY` executions may run steps with effects at once. An execution of pure steps
 * needs none; it spends its time waiting for group commits, and the more of them wait, the more share a commit. So the
 * worker takes as many more executions from the queue as have lately needed no slot, and falls back to its slots with
 * the first that does. Both stay within this replica's share of `MAX_CONCURRENT`, and are less while the process is
 * overloaded.
 */
@Injectable()
export class Slots {
  private taken = 0;
  /** null: none has come to rest yet. */
  private ahead: number | null = null;
  private share = Infinity;
  private direct = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly config: AppConfig,
    private readonly load: WorkerLoad,
  ) {}

  /** @returns whether a slot was free and is taken now. */
  tryTake(): boolean {
    if (this.taken >= this.size) return false;
    this.taken++;
    return true;
  }

  /** `onGrant` is called once with the next slot that becomes free, which is taken then, first come, first served. */
  ask(onGrant: () => void): void {
    this.waiting.add(onGrant);
  }

  withdraw(onGrant: () => void): void {
    this.waiting.delete(onGrant);
  }

  giveBack(): void {
    this.taken--;
    this.grant();
  }

  /** What this replica may hold of `MAX_CONCURRENT` from now on; what it holds already may come to its end. */
  setShare(share: number): void {
    this.share = share;
    this.grant();
  }

  /** The worker's load allows for more or less from now on. */
  loadChanged(): void {
    this.grant();
  }

  /** Learns from an execution that has come to rest. */
  learn(neededSlot: boolean): void {
    this.ahead = neededSlot ? 0 : Math.min((this.ahead ?? 0) + 1, MOST_AHEAD);
  }

  /** Whether executions have lately needed no slot. */
  get isAhead(): boolean {
    return (this.ahead ?? 0) > 0;
  }

  /** The same, or none has come to rest yet. */
  get mayBeAhead(): boolean {
    return this.ahead !== 0;
  }

  /** Executions that the worker holds without a queue job; they count as well. */
  setDirect(count: number): void {
    this.direct = count;
  }

  /** How many queue jobs the worker may have in hand; 0: none at the moment. */
  get forQueue(): number {
    const { most } = this;
    return Math.min(most, Math.max(1, most - this.direct));
  }

  /** How many executions the worker may hold; 0: none at the moment. */
  get most(): number {
    return Math.min(this.share, this.lessened(this.config.workerConcurrency + (this.ahead ?? 0)));
  }

  /** How many executions may run steps with effects at once. */
  get size(): number {
    return Math.min(this.share, this.lessened(this.config.workerConcurrency));
  }

  private lessened(count: number): number {
    return Math.max(1, Math.floor(count * this.load.share));
  }

  private grant(): void {
    for (const onGrant of this.waiting) {
      if (!this.tryTake()) return;
      this.waiting.delete(onGrant);
      onGrant();
    }
  }
}
