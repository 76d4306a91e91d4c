import { Injectable } from '@nestjs/common';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import type { ClaimedExecution } from './claim.statement.js';
import { RunnerHolds } from './runner-holds.js';
import { Slots } from './slots.js';

/** How long the queue's worker may go without hearing that there is room again, while something waits. */
const WAKE_GAP_MS = 20;

/** Runs one execution to its rest; never throws. `claimed`: null when its claim was committed unseen. */
export type DirectRun = (executionId: string, claimed: ClaimedExecution | null) => Promise<void>;

/**
 * Executions that the worker of the process which accepts them takes at once: claimed by the commit that accepts them,
 * without a way through the queue. Only while nothing waits there, so that nobody is overtaken, and while there is room;
 * room for one queue job is always left. What a process loses on this way is found by its lease, or by the reaper as
 * owned and not held.
 */
@Injectable()
export class DirectStarts {
  private run: DirectRun | null = null;
  private isOpen = false;
  private readonly held = new Set<string>();
  private readonly awaitingNone: (() => void)[] = [];
  private wake: NodeJS.Timeout | null = null;

  constructor(
    private readonly queue: ExecutionQueue,
    private readonly slots: Slots,
    private readonly holds: RunnerHolds,
  ) {}

  /** The worker runs, and takes executions from now on. */
  open(run: DirectRun): void {
    this.run = run;
    this.isOpen = true;
  }

  /** The worker takes nothing more. */
  close(): void {
    this.isOpen = false;
    if (this.wake !== null) clearTimeout(this.wake);
  }

  /** Keeps a place for an execution that is about to be accepted. @returns whether there is one. */
  reserve(executionId: string): boolean {
    if (!this.isOpen || !this.queue.isIdle || this.holds.count + 1 >= this.slots.most) return false;
    this.holds.set(executionId, null);
    this.held.add(executionId);
    this.tellQueue();
    return true;
  }

  /** It was not accepted. */
  release(executionId: string): void {
    this.holds.delete(executionId);
    this.settle(executionId);
  }

  /** Runs what has its place; also after `close`: it is claimed, and its run hands it back. */
  start(executionId: string, claimed: ClaimedExecution | null): void {
    void this.run?.(executionId, claimed).finally(() => {
      this.settle(executionId);
    });
  }

  /** Resolves when none is left. */
  async idle(): Promise<void> {
    if (this.held.size > 0) await new Promise<void>((resolve) => this.awaitingNone.push(resolve));
  }

  private settle(executionId: string): void {
    this.held.delete(executionId);
    if (this.held.size === 0) for (const resolve of this.awaitingNone.splice(0)) resolve();
    this.tellQueue();
  }

  private tellQueue(): void {
    this.slots.setDirect(this.held.size);
    if (!this.isOpen) return;
    this.queue.setConcurrency(this.slots.forQueue);
    if (this.queue.isIdle || this.wake !== null) return;
    // A worker whose hands were full hears of room only by being woken, which costs more: now and then is enough.
    this.wake = setTimeout(() => {
      this.wake = null;
      this.queue.lookAgain();
    }, WAKE_GAP_MS);
  }
}
