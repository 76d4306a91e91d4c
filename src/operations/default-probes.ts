import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { getHeapStatistics } from 'node:v8';
import { Database } from '../common/database/database.js';
import { HealthProbes, type ProbeResult } from '../common/health/health-probes.js';
import { ExecutionQueue } from '../common/queue/execution-queue.js';
import { pingQueue } from './queue-looks.js';

/** A due timer that has waited longer than this says that no scheduler keeps up. */
const LATE_SECONDS = 60;
const HEAP_DEGRADED = 0.9;
const HEAP_DOWN = 0.98;

/** Index: timer_due; replica has a row a process. */
const SCHEDULER = /* sql */ `
SELECT (SELECT count(*)::int FROM replica WHERE expires_at > now() AND 'scheduler' = ANY (roles)) AS replicas,
       (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM timer) AS lag`;
const EXECUTOR = /* sql */ `SELECT count(*)::int AS replicas FROM replica WHERE expires_at > now() AND 'worker' = ANY (roles)`;

/** How each part is looked at unless its own module registers a better way. */
@Injectable()
export class DefaultProbes implements OnApplicationBootstrap {
  constructor(
    private readonly probes: HealthProbes,
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
  ) {}

  onApplicationBootstrap(): void {
    this.probes.registerDefault('database', () => this.lookAtDatabase());
    this.probes.registerDefault('queue', () => this.lookAtQueue());
    this.probes.registerDefault('scheduler', () => this.lookAtScheduler());
    this.probes.registerDefault('executor', () => this.lookAtExecutor());
    this.probes.registerDefault('triggers', () => ({ status: 'ok' }));
    this.probes.registerDefault('memory', lookAtMemory);
  }

  private async lookAtDatabase(): Promise<ProbeResult> {
    await this.database.query('SELECT 1');
    return { status: 'ok' };
  }

  /** The queue is disposable: without it work is late, not lost. */
  private async lookAtQueue(): Promise<ProbeResult> {
    return pingQueue(this.queue).then(
      () => ({ status: 'ok' }),
      (error: unknown) => ({ status: 'degraded', detail: String(error) }),
    );
  }

  private async lookAtScheduler(): Promise<ProbeResult> {
    const [row] = await this.database.query<{ replicas: number; lag: number | null }>(SCHEDULER);
    if (row === undefined || row.replicas === 0) return { status: 'degraded', detail: 'no replica is a scheduler' };
    const late = (row.lag ?? 0) > LATE_SECONDS;
    return late ? { status: 'degraded', detail: `timers are ${Math.round(row.lag ?? 0)} s late` } : { status: 'ok' };
  }

  private async lookAtExecutor(): Promise<ProbeResult> {
    const [row] = await this.database.query<{ replicas: number }>(EXECUTOR);
    return (row?.replicas ?? 0) > 0 ? { status: 'ok' } : { status: 'degraded', detail: 'no replica is a worker' };
  }
}

function lookAtMemory(): ProbeResult {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const share = used / limit;
  const detail = `${Math.round(share * 100)} % of the heap is in use`;
  if (share > HEAP_DOWN) return { status: 'down', detail };
  return share > HEAP_DEGRADED ? { status: 'degraded', detail } : { status: 'ok' };
}
