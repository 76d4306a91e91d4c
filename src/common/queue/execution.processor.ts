import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { WaitingError, type Job } from 'bullmq';
import { type ExecutionJob } from './execution-queue.js';

export const QUEUE_NAME = 'executions';

/**
 * The BullMQ worker. It starts only when a runner asks for it (`ROLES`), and rests nothing on BullMQ's locks: a job that
 * BullMQ hands out twice finds its execution taken and ends at once.
 */
@Injectable()
@Processor(QUEUE_NAME, {
  autorun: false,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
  lockDuration: 60_000,
  stalledInterval: 30_000,
  // How often BullMQ saw a job stall says nothing about the execution; only PostgreSQL does.
  maxStalledCount: 1_000_000,
})
export class ExecutionProcessor extends WorkerHost {
  handler: (executionId: string) => Promise<void> = () => Promise.resolve();
  /** Takes nothing more: what BullMQ has fetched meanwhile goes back. */
  isDraining = false;
  /** Whether no job was waiting when BullMQ last asked for one. */
  foundNothing = false;
  private readonly handling = new Set<Promise<void>>();

  /** When it is fetched: the next look, which may find nothing, comes before it is processed. */
  @OnWorkerEvent('active')
  onActive(): void {
    this.foundNothing = false;
  }

  @OnWorkerEvent('drained')
  onDrained(): void {
    this.foundNothing = true;
  }

  /** The health check tells; what nobody listens for, BullMQ prints, in every role. */
  @OnWorkerEvent('error')
  onError(): void {
    return;
  }

  override async process(job: Job<Pick<ExecutionJob, 'executionId'>>, token?: string): Promise<void> {
    if (this.isDraining) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const handled = this.handler(job.data.executionId);
    this.handling.add(handled);
    await handled.finally(() => this.handling.delete(handled));
  }

  /** Resolves when the jobs under way are handled, whether or not the queue has heard of it. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.handling);
  }
}
