import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Replica } from '../replica.js';
import { Slots } from './slots.js';

const EVERY_MS = 3_000;

/** Ids are time-ordered: the oldest replica is the first. */
const WORKERS = /* sql */ `
SELECT id FROM replica WHERE 'worker' = ANY(roles) AND expires_at > now() ORDER BY id`;

/**
 * `MAX_CONCURRENT` without a question on the way of an execution: each live worker takes an equal share, and what does
 * not divide goes to the oldest. When replicas come or go, the shares follow within a heartbeat.
 */
@Injectable()
export class WorkerShare {
  private readonly logger = new Logger('WorkerShare');
  private started = false;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly replica: Replica,
    private readonly slots: Slots,
  ) {}

  /** Before the first execution is taken. */
  async start(): Promise<void> {
    await this.look();
    this.started = true;
  }

  stop(): void {
    this.started = false;
  }

  @Interval(EVERY_MS)
  async refresh(): Promise<void> {
    if (!this.isOn()) return;
    try {
      await this.look();
      if (this.isOn()) this.queue.setConcurrency(this.slots.forQueue, true);
    } catch (error) {
      // Nobody can take anything either; the shares stay.
      if (!isConnectionLoss(error)) this.logger.warn({ message: 'the share of MAX_CONCURRENT is unknown', err: error });
    }
  }

  /** Read anew after every wait: the drain may have begun. */
  private isOn(): boolean {
    return this.started;
  }

  private async look(): Promise<void> {
    const rows = await this.database.query<{ id: string }>(WORKERS);
    const others = rows.map((row) => row.id).filter((id) => id !== this.replica.id);
    const number = others.filter((id) => id < this.replica.id).length;
    this.slots.setShare(shareOf(this.config.maxConcurrent, others.length + 1, number));
  }
}

/** @param number of this worker, from 0. */
export function shareOf(most: number, workers: number, number: number): number {
  return Math.floor(most / workers) + (number < most % workers ? 1 : 0);
}
