import { Injectable } from '@nestjs/common';
import { AppConfig } from '../common/config/app-config.js';
import { Database } from '../common/database/database.js';
import { ExecutionQueue, type QueueCounts } from '../common/queue/execution-queue.js';
import type { Plain } from '../common/plain.js';
import type { SchedulerStatusDto } from './operations.dto.js';
import { lookIntoQueue } from './queue-looks.js';

const REPLICAS = /* sql */ `
SELECT id, split_part(host, ' ', 1) AS host, pid, roles, started_at, expires_at, state->'worker' AS worker
FROM replica WHERE expires_at > now() ORDER BY started_at, id`;

/** Index: timer_due. */
const TIMERS = /* sql */ `
SELECT (SELECT count(*)::int FROM timer WHERE due_at <= now()) AS due,
       (SELECT min(due_at) FROM timer) AS next_due,
       (SELECT greatest(0, extract(epoch FROM now() - min(due_at)) * 1000)::float8 FROM timer) AS lag_ms`;

/** Index: execution_open. */
const ACTIVE = /* sql */ `SELECT count(*)::int AS active FROM execution WHERE is_open AND status = 'running'`;

interface ReplicaRow extends Record<string, unknown> {
  id: string;
  roles: string[];
  /** Of a worker, as of its last heartbeat. */
  worker: { concurrency: number; share: number; reason: string | null } | null;
}

@Injectable()
export class SchedulerStatus {
  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly config: AppConfig,
  ) {}

  async get(): Promise<Plain<SchedulerStatusDto>> {
    const [replicas, [timers], [executions], queue] = await Promise.all([
      this.database.query<ReplicaRow>(REPLICAS),
      this.database.query<{ due: number; next_due: Date | null; lag_ms: number | null }>(TIMERS),
      this.database.query<{ active: number }>(ACTIVE),
      this.counts(),
    ]);
    const schedulers = replicas.filter(({ roles }) => roles.includes('scheduler'));
    const workers = replicas.filter(({ roles }) => roles.includes('worker'));
    return {
      running: schedulers.length > 0,
      leader: schedulers[0]?.id ?? null,
      queue: { backend: this.queue.backend, ...queue },
      timers: { due: timers?.due ?? 0, next_due: timers?.next_due ?? null, lag_ms: timers?.lag_ms ?? 0 },
      workers: { ...this.capacityOf(workers), active: executions?.active ?? 0 },
      replicas,
    };
  }

  /** `shedding`: the workers that take less at the moment. */
  private capacityOf(workers: readonly ReplicaRow[]): { concurrency: number; shedding: Record<string, unknown>[] } {
    const each = workers.map(({ worker }) => worker?.concurrency ?? this.config.workerConcurrency);
    const shedding = workers.flatMap(({ id, worker }) =>
      worker === null || worker.share === 1 ? [] : [{ replica: id, share: worker.share, reason: worker.reason }],
    );
    return { concurrency: each.reduce((sum, count) => sum + count, 0), shedding };
  }

  /** The queue may be away while everything else answers. */
  private counts(): Promise<QueueCounts | { waiting: null; active: null; delayed: null }> {
    return lookIntoQueue(this.queue).catch(() => ({ waiting: null, active: null, delayed: null }));
  }
}
