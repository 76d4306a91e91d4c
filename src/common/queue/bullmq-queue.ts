import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type Queue } from 'bullmq';
import { Batcher } from '../batcher.js';
import { within } from '../within.js';
import { ExecutionQueue, type ExecutionJob, type QueueCounts } from './execution-queue.js';
import { ExecutionProcessor, QUEUE_NAME } from './execution.processor.js';
import { type QueueBackend } from './queue-backend.js';

export const QUEUE_BACKEND = Symbol('QueueBackend');
const MAX_BULK = 1_000;
/** Of an execution's id. */
const ID_LENGTH = 36;
/** Beyond this many jobs that wait for a queue that is away, further ones are left to the reconciler. */
const MAX_BACKLOG = 100_000;
/** Looked at in one go; what lies beyond is looked at when these are gone. */
const MAX_TAKEN = 5_000;
const GRACE_MS = 2_000;

@Injectable()
export class BullmqQueue extends ExecutionQueue implements OnApplicationShutdown {
  override readonly backend: 'redis' | 'postgres';
  private readonly logger = new Logger('Queue');
  /** What was last asked for. */
  private concurrency = 1;
  private isConsuming = false;
  private readonly batcher = new Batcher<ExecutionJob>((jobs) => this.send(jobs), MAX_BULK);

  constructor(
    @InjectQueue(QUEUE_NAME) private readonly queue: Queue,
    @Inject(QUEUE_BACKEND) private readonly connection: QueueBackend,
    private readonly processor: ExecutionProcessor,
  ) {
    super();
    this.backend = connection.kind;
    this.queue.on('error', () => undefined);
  }

  override add(jobs: readonly ExecutionJob[]): void {
    if (this.batcher.backlog < MAX_BACKLOG) this.batcher.add(jobs);
  }

  override async addNow(jobs: readonly ExecutionJob[]): Promise<void> {
    for (let start = 0; start < jobs.length; start += MAX_BULK) {
      await this.queue.addBulk(jobs.slice(start, start + MAX_BULK).map(toBullmq));
    }
  }

  override async consume(concurrency: number, handler: (executionId: string) => Promise<void>): Promise<void> {
    this.processor.handler = handler;
    this.processor.isDraining = false;
    const { worker } = this.processor;
    this.concurrency = concurrency;
    const begun = worker.waitUntilReady().then(() => {
      if (this.processor.isDraining) return;
      this.isConsuming = true;
      this.setConcurrency(this.concurrency);
      // Runs until the worker is closed; its errors are the 'error' events.
      void worker.run().catch(() => undefined);
    });
    if (await withinGrace(begun)) return begun;
    // It is consumed when it is there, unless it turns out to be none that BullMQ can work on.
    begun.catch((error: unknown) => {
      if (!this.processor.isDraining) this.logger.error({ message: 'the queue cannot be consumed', err: error });
    });
  }

  override setConcurrency(concurrency: number, atOnce = false): void {
    this.concurrency = concurrency;
    // Told to resume, BullMQ would start to work on a queue that is not there yet.
    if (!this.isConsuming) return;
    const { worker } = this.processor;
    // BullMQ knows no concurrency of 0.
    if (concurrency === 0) {
      if (!worker.isPaused()) void worker.pause(true);
      return;
    }
    const isMore = concurrency > worker.concurrency;
    if (worker.concurrency !== concurrency) worker.concurrency = concurrency;
    if (worker.isPaused()) void worker.resume();
    else if (isMore && atOnce) this.lookAgain();
  }

  /** BullMQ's loop waits for one of its jobs to end; only resuming wakes it. */
  override lookAgain(): void {
    const { worker } = this.processor;
    if (!this.isConsuming || worker.isPaused()) return;
    void worker.pause(true);
    void worker.resume();
  }

  override get isIdle(): boolean {
    return this.processor.foundNothing && !this.batcher.isBusy;
  }

  override async drain(others: Promise<void> = Promise.resolve()): Promise<void> {
    const { worker } = this.processor;
    this.processor.isDraining = true;
    const paused = worker.pause();
    await Promise.all([this.processor.idle(), others]);
    // What was handed back goes to the queue now: later its connection may be closed already.
    const sent = withinGrace(this.batcher.idle());
    if ((await withinGrace(paused)) && (await sent)) return;
    // The queue is away. Closed by force here, or BullMQ's own hooks would wait for it for ever.
    await withinGrace(worker.close(true));
    await withinGrace(this.connection.close());
  }

  override async counts(): Promise<QueueCounts> {
    const counts = await this.queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed');
    return {
      waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
      active: counts['active'] ?? 0,
      delayed: counts['delayed'] ?? 0,
    };
  }

  override async taken(): Promise<string[]> {
    const jobs = await this.queue.getRanges(['active'], 0, MAX_TAKEN);
    return jobs.map(executionOf);
  }

  override ping(): Promise<void> {
    return this.connection.ping();
  }

  override onReconnect(handler: () => void): void {
    this.connection.onReconnect(handler);
  }

  /** BullMQ's own hooks close worker and queue as well; closing is idempotent, and the connection must come last. */
  async onApplicationShutdown(): Promise<void> {
    await withinGrace(this.batcher.idle());
    await withinGrace(this.processor.worker.close());
    await withinGrace(this.queue.close());
    await withinGrace(this.connection.close());
  }

  private async send(jobs: readonly ExecutionJob[]): Promise<void> {
    // The executions are committed; whatever this add loses, the reconciler adds again.
    await this.queue.addBulk(jobs.map(toBullmq)).catch(() => undefined);
  }
}

/** A queue that is away must hold up neither the start of the process nor its end. @returns whether the work was over in time. */
function withinGrace(work: Promise<unknown>): Promise<boolean> {
  return within(GRACE_MS, () => Promise.allSettled([work])).then(
    () => true,
    () => false,
  );
}

function toBullmq(job: ExecutionJob): {
  name: string;
  data: { executionId: string };
  opts: { jobId: string; priority: number };
} {
  const round = job.round === undefined || job.round === 0 ? '' : `-r${job.round}`;
  return {
    name: 'run',
    data: { executionId: job.executionId },
    // BullMQ's 1 is first; a custom id must not hold a colon.
    opts: { jobId: `${job.executionId}-${job.epoch}${round}`, priority: 11 - job.priority },
  };
}

/** The other way round: a job's id begins with the execution's. */
function executionOf(jobId: string): string {
  return jobId.slice(0, ID_LENGTH);
}
