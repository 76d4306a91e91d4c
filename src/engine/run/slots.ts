import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';

/** How many executions without effects a process may hold beside its slots: they only wait for commits. */
const MOST_AHEAD = 90;

/**
 * The process's slots: `WORKER_CONCURRENCY` executions may run steps with effects at once. An execution of pure steps
 * needs none; it spends its time waiting for group commits, and the more of them wait, the more share a commit. So the
 * worker takes as many more executions from the queue as have lately needed no slot, and falls back to its slots with
 * the first that does.
 */
@Injectable()
export class Slots {
  private free: number;
  private ahead = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly config: AppConfig) {
    this.free = config.workerConcurrency;
  }

  /** @returns whether a slot was free and is taken now. */
  tryTake(): boolean {
    if (this.free === 0) return false;
    this.free--;
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
    const [next] = this.waiting;
    if (next === undefined) {
      this.free++;
      return;
    }
    this.waiting.delete(next);
    next();
  }

  /** Learns from an execution that has come to rest. @returns how many executions the worker may hold from now on. */
  learn(neededSlot: boolean): number {
    this.ahead = neededSlot ? 0 : Math.min(this.ahead + 1, MOST_AHEAD);
    return this.config.workerConcurrency + this.ahead;
  }
}
