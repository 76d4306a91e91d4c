import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HealthProbes } from '../../common/health/health-probes.js';
import { Metrics } from '../../common/metrics/metrics.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Slots } from '../run/slots.js';
import { LoadMeter } from './load-meter.js';
import { isSevere, NO_SHEDDING, nextShedding, shareAt, type Load, type Shedding } from './shedding.js';
import { WorkerLoad } from './worker-load.js';

const EVERY_MS = 1_000;

/** Lets the worker take less while the event loop lags or memory runs short, and more again when that is over. */
@Injectable()
export class LoadWatch {
  private readonly logger = new Logger('LoadWatch');
  private meter: LoadMeter | null = null;
  private shedding: Shedding = NO_SHEDDING;

  constructor(
    private readonly slots: Slots,
    private readonly load: WorkerLoad,
    private readonly queue: ExecutionQueue,
    private readonly metrics: Metrics,
    private readonly probes: HealthProbes,
  ) {}

  start(): void {
    this.metrics.workerShare.set(1);
    this.meter = new LoadMeter();
  }

  /** The drain has begun: nothing is taken any more. */
  stop(): void {
    this.meter?.stop();
    this.meter = null;
  }

  @Interval(EVERY_MS)
  look(): void {
    if (this.meter === null) return;
    const load = this.meter.look();
    const before = this.shedding;
    this.shedding = nextShedding(before, load);
    if (this.shedding.level !== before.level) this.change(before, load);
  }

  private change(before: Shedding, load: Load): void {
    const share = shareAt(this.shedding);
    this.load.share = share;
    this.load.reason = this.shedding.reason;
    this.slots.loadChanged();
    this.queue.setConcurrency(this.slots.forQueue, true);
    this.metrics.workerShare.set(share);
    this.tellHealth();
    const verb = this.shedding.level > before.level ? 'less' : 'more';
    const lag_ms = Math.round(load.lagMs);
    const memory = Math.round(load.memory * 100);
    this.logger.warn({
      message: `the worker takes ${verb}: ${share * 100} % (event loop ${lag_ms} ms late, memory ${memory} % in use)`,
      event: 'load_shedding',
      status: this.shedding.reason ?? 'over',
    });
  }

  private tellHealth(): void {
    const { reason } = this.shedding;
    const detail = `the worker takes ${shareAt(this.shedding) * 100} % of what it may`;
    const severe = isSevere(this.shedding) ? reason : null;
    this.probes.setDegraded('executor', severe === 'event_loop' ? `${detail}: the event loop lags` : null);
    this.probes.setDegraded('memory', severe === 'memory' ? `${detail}: memory runs short` : null);
  }
}
