import { Injectable } from '@nestjs/common';
import { ExecutionQueue, type ExecutionJob } from '../../common/queue/execution-queue.js';
import type { ClaimedExecution } from './claim.statement.js';
import { RunnerHolds } from './runner-holds.js';
import { Slots } from './slots.js';

/** While executions end one after the other, an accept waits for its turn; when none has ended for so long, no more. */
const STILL_MS = 250;
/** The same for what is accepted already: it holds nobody back. */
const ACCEPTED_STILL_MS = 1_000;
/** How long the queue's worker may go without hearing that there is room again, while something waits. */
const WAKE_GAP_MS = 20;
/** So many that are accepted may wait here: other workers do not see them, and a crash leaves them to the reconciler. */
const MOST_IN_LINE = 1_000;

/** Runs one execution to its rest; never throws. `claimed`: null when its claim was committed unseen. */
export type DirectRun = (executionId: string, claimed: ClaimedExecution | null) => Promise<void>;

/**
 * Executions that the worker of the process which accepts them takes at once: claimed by the commit that accepts them,
 * without a way through the queue. Only while nothing waits there, so that nobody is overtaken, and while there is room;
 * room for one queue job is always left. Where the room is taken by executions that are over in a moment, an accept waits
 * for one of them to end: its sender is held back a little, where a queue would only make each execution dearer. So do
 * executions that were accepted many at a time (all that is due in one second), and are claimed in their turn. What a
 * process loses on this way is found by its lease, by the reaper as owned and not held, or by the reconciler as queued.
 */
@Injectable()
export class DirectStarts {
  private run: DirectRun | null = null;
  private isOpen = false;
  private readonly held = new Set<string>();
  private readonly awaitingNone: (() => void)[] = [];
  private awaitingRoom: Turn[] = [];
  private still: NodeJS.Timeout | null = null;
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
    this.turnAway();
  }

  /** Keeps a place for an execution that is about to be accepted. @returns whether there is one, at once or soon. */
  reserve(executionId: string): boolean | Promise<boolean> {
    if (!this.isOpen || !this.queue.isIdle) return false;
    if (this.hasRoom() && this.awaitingRoom.length === 0) return this.take(executionId);
    if (!this.slots.isAhead || this.awaitingRoom.length >= this.slots.most) return false;
    this.awaitEnd();
    return new Promise((resolve) => this.awaitingRoom.push({ executionId, isAccepted: false, resolve }));
  }

  /**
   * Takes executions that are accepted and not claimed, as far as there is room, and the others in their turn; those
   * whose turn does not come soon go by the queue.
   */
  takeInTurn(jobs: readonly ExecutionJob[]): void {
    if (jobs.length === 0) return;
    if (!this.isOpen || !this.queue.isIdle || this.awaitingRoom.length + jobs.length > MOST_IN_LINE)
      return this.queue.add(jobs);
    const byPriority = jobs.toSorted((a, b) => b.priority - a.priority);
    for (const job of byPriority) {
      const resolve = (isMine: boolean): void => {
        if (isMine) this.start(job.executionId, null);
        else this.queue.add([job]);
      };
      this.awaitingRoom.push({ executionId: job.executionId, isAccepted: true, resolve });
    }
    this.awaitEnd();
    this.callIn();
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

  private awaitEnd(): void {
    this.still ??= setTimeout(() => this.turnSendersAway(), STILL_MS);
  }

  private settle(executionId: string): void {
    this.held.delete(executionId);
    this.callIn();
    if (this.held.size === 0) for (const resolve of this.awaitingNone.splice(0)) resolve();
    this.tellQueue();
  }

  private hasRoom(): boolean {
    return this.holds.count + 1 < this.slots.most;
  }

  private take(executionId: string): true {
    this.holds.set(executionId, null);
    this.held.add(executionId);
    this.tellQueue();
    return true;
  }

  /** One has ended: whose turn it is, first come, first served. */
  private callIn(): void {
    if (this.awaitingRoom.length === 0) return;
    if (!this.queue.isIdle) return this.turnAway();
    while (this.awaitingRoom.length > 0 && this.hasRoom()) {
      const { executionId, resolve } = this.awaitingRoom.shift() as Turn;
      resolve(this.take(executionId));
    }
    if (this.awaitingRoom.length === 0) this.endStill();
    else if (!this.slots.mayBeAhead) this.turnAway();
    else {
      this.endStill();
      this.awaitEnd();
    }
  }

  /** Those whose accept waits for room go by the queue; what is accepted waits a little longer. */
  private turnSendersAway(): void {
    const senders = this.awaitingRoom.filter(({ isAccepted }) => !isAccepted);
    this.awaitingRoom = this.awaitingRoom.filter(({ isAccepted }) => isAccepted);
    this.still = null;
    if (this.awaitingRoom.length > 0) this.still = setTimeout(() => this.turnAway(), ACCEPTED_STILL_MS - STILL_MS);
    for (const { resolve } of senders) resolve(false);
  }

  /** Those who wait for room go by the queue. */
  private turnAway(): void {
    this.endStill();
    for (const { resolve } of this.awaitingRoom.splice(0)) resolve(false);
  }

  private endStill(): void {
    if (this.still !== null) clearTimeout(this.still);
    this.still = null;
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

interface Turn {
  readonly executionId: string;
  readonly isAccepted: boolean;
  readonly resolve: (isMine: boolean) => void;
}
