import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { ExecutionQueue, type ExecutionJob } from '../../common/queue/execution-queue.js';
import { LockManager } from '../../locks/lock-manager.js';

const EVERY_MS = 5_000;
const LOCK_MS = 30_000;
/** Younger ones may still be on their way to the queue. */
const GRACE_MS = 3_000;
const PAGE = 1_000;
const SHUTDOWN_GRACE_MS = 2_000;
/** Every so many rounds all are added again, whatever the queue counts: what it holds already, it ignores. */
const FULL_EVERY = 12;
/** A job that was queued that long ago and not taken is stuck in the queue: it is added anew under another name. */
const STUCK_MS = 300_000;

interface QueuedRow {
  id: string;
  epoch: number;
  priority: number;
  age_ms: string | number;
}

/** Those that wait for a place belong to no queue. Index: execution_open. */
const COUNT = /* sql */ `
SELECT count(*)::int AS count FROM execution
WHERE is_open AND status = 'queued' AND (concurrency_key IS NULL OR has_place)
  AND queued_at < now() - $1 * interval '1 millisecond'`;

/** Index: execution_open. */
const NEXT = /* sql */ `
SELECT id, epoch, priority, extract(epoch FROM now() - queued_at) * 1000 AS age_ms FROM execution
WHERE is_open AND status = 'queued' AND (concurrency_key IS NULL OR has_place)
  AND queued_at < now() - $1 * interval '1 millisecond' AND id > $2
ORDER BY id LIMIT $3`;

/** A job in the hands of a worker that has not claimed the execution: is added anew once in that time. */
const UNCLAIMED_MS = 60_000;

/** Index: the primary key. */
const UNCLAIMED = /* sql */ `
SELECT id, epoch, priority, extract(epoch FROM now() - queued_at) * 1000 AS age_ms FROM execution
WHERE id = ANY($1::uuid[]) AND status = 'queued' AND queued_at < now() - $2 * interval '1 millisecond'`;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Puts back into the queue what PostgreSQL says is queued and the queue has forgotten. */
@Injectable()
export class Reconciler implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Reconciler');
  private round = 0;
  private running: Promise<void> | null = null;
  private stopping = false;
  private giveUp = (): void => undefined;
  private readonly givenUp = new Promise<void>((resolve) => (this.giveUp = resolve));

  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly locks: LockManager,
  ) {}

  onModuleInit(): void {
    this.queue.onReconnect(() => void this.guarded(() => this.addAll(0)));
  }

  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    await this.guarded(async () => {
      this.round = (this.round + 1) % FULL_EVERY;
      if (this.round === 0 || (await this.queueIsShort())) await this.addAll(GRACE_MS);
    });
  }

  /**
   * Whoever asks a queue that is being closed may wait for ever: what is under way ends first, unless the queue is away; then
   * its lock is let go without it.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    if (this.running === null) return;
    const ended = new AbortController();
    const grace = delay(SHUTDOWN_GRACE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([this.running, grace]);
    ended.abort();
    this.giveUp();
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    if (this.running !== null || this.stopping) return;
    this.running = this.locked(work);
    await this.running;
    this.running = null;
  }

  private async locked(work: () => Promise<void>): Promise<void> {
    try {
      await this.locks.run('reconciler', LOCK_MS, () => Promise.race([work(), this.givenUp]));
    } catch (error) {
      // The queue or the database is away; the next round finds the same rows.
      if (!isConnectionLoss(error)) this.logger.warn({ message: 'could not reconcile the queue', err: error });
    }
  }

  /**
   * Fewer jobs than executions: some are missing. Jobs in hand count only while their execution is not claimed: a worker
   * that has died leaves jobs in its hands, whose executions are queued anew by then. Asked in this order, what moves
   * meanwhile is never missed.
   */
  private async queueIsShort(): Promise<boolean> {
    const { waiting } = await this.queue.counts();
    const unclaimed = await this.addUnclaimed();
    const [row] = await this.database.query<{ count: number }>(COUNT, [GRACE_MS]);
    return waiting + unclaimed < (row?.count ?? 0);
  }

  /**
   * A worker that died between taking a job and claiming its execution leaves the job in its hands: the queue ignores a
   * second one of its name, and finds out only when its lock has run out. @returns how many there are.
   */
  private async addUnclaimed(): Promise<number> {
    const taken = await this.queue.taken();
    if (taken.length === 0) return 0;
    const rows = await this.database.query<QueuedRow & Record<string, unknown>>(UNCLAIMED, [taken, GRACE_MS]);
    await this.queue.addNow(rows.map((row) => toJob(row, 1 + Math.floor(Number(row.age_ms) / UNCLAIMED_MS))));
    return rows.length;
  }

  /** @param graceMs leaves out what was queued more recently. */
  private async addAll(graceMs: number): Promise<void> {
    let after = FIRST_ID;
    for (;;) {
      const rows = await this.database.query<QueuedRow & Record<string, unknown>>(NEXT, [graceMs, after, PAGE]);
      await this.queue.addNow(rows.map((row) => toJob(row, Math.floor(Number(row.age_ms) / STUCK_MS))));
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.id;
    }
  }
}

function toJob({ id, epoch, priority }: QueuedRow, round: number): ExecutionJob {
  return { executionId: id, epoch, priority, round };
}
