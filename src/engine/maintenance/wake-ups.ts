import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { WAKE_TIMER } from '../run/checkpoint.statement.js';

/** Index: the primary key. An execution that somebody woke or ended meanwhile is left alone. */
const WAKE = /* sql */ `
UPDATE execution SET status = 'queued', queued_at = now()
WHERE id = ANY($1::uuid[]) AND status = 'waiting'
RETURNING id, epoch, priority`;

/** Queues sleeping executions whose timer is due: a wait, a retry or a deadline. */
@Injectable()
export class WakeUps implements OnModuleInit {
  constructor(
    private readonly timers: Timers,
    private readonly queue: ExecutionQueue,
  ) {}

  onModuleInit(): void {
    this.timers.handle(WAKE_TIMER, (client, due) => this.wake(client, due));
  }

  private async wake(client: PoolClient, due: readonly DueTimer[]): Promise<() => void> {
    const ids = due.map((timer) => timer.subjectId);
    const { rows } = await client.query<{ id: string; epoch: number; priority: number }>(WAKE, [ids]);
    return () => this.queue.add(rows.map(({ id, epoch, priority }) => ({ executionId: id, epoch, priority })));
  }
}
