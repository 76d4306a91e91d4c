import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Database } from '../common/database/database.js';
import { HEALTH_PARTS, type HealthPart, HealthProbes, type ProbeResult } from '../common/health/health-probes.js';
import { within } from '../common/within.js';

export interface HealthReport {
  status: 'healthy' | 'degraded' | 'unhealthy';
  checks: Record<HealthPart, ProbeResult['status']>;
  stats: Record<'active_executions' | 'queued_executions' | 'total_workflows' | 'active_workflows', number>;
}

/** A part that has not answered by then is down, milliseconds. */
const PATIENCE_MS = 2_000;
/** Answers are kept this long, so that many who look cost as much as one. */
const FRESH_MS = 1_000;

/** Index: execution_open holds the few that are open. */
const STATS = /* sql */ `
SELECT (SELECT count(*)::int FROM execution WHERE is_open AND status IN ('running', 'waiting')) AS active_executions,
       (SELECT count(*)::int FROM execution WHERE is_open AND status = 'queued') AS queued_executions,
       (SELECT count(*)::int FROM workflow) AS total_workflows,
       (SELECT count(*)::int FROM workflow WHERE status = 'active') AS active_workflows`;

const NO_STATS: HealthReport['stats'] = {
  active_executions: 0,
  queued_executions: 0,
  total_workflows: 0,
  active_workflows: 0,
};

@Injectable()
export class HealthService {
  private last: { report: Promise<HealthReport>; until: number } | null = null;

  constructor(
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly probes: HealthProbes,
    private readonly database: Database,
  ) {}

  report(): Promise<HealthReport> {
    const now = performance.now();
    if (this.last !== null && this.last.until > now) return this.last.report;
    this.last = { report: this.look(), until: now + FRESH_MS };
    return this.last.report;
  }

  /** Ready: it serves, and is not about to end. */
  async isReady(): Promise<boolean> {
    return !this.probes.isDraining && (await this.report()).checks.database !== 'down';
  }

  private async look(): Promise<HealthReport> {
    const [result, stats] = await Promise.all([this.check(), this.stats()]);
    const statuses = HEALTH_PARTS.map((part) => [part, statusOf(result[part]?.status)] as const);
    const found = statuses.map(([, status]) => status);
    const status = found.includes('down') ? 'unhealthy' : found.includes('degraded') ? 'degraded' : 'healthy';
    return { status, checks: Object.fromEntries(statuses) as HealthReport['checks'], stats };
  }

  private async check(): Promise<HealthIndicatorResult> {
    try {
      return (await this.terminus.check(HEALTH_PARTS.map((part) => () => this.indicate(part)))).details;
    } catch (error) {
      // How terminus reports that a part is down.
      if (error instanceof ServiceUnavailableException)
        return (error.getResponse() as { details: HealthIndicatorResult }).details;
      throw error;
    }
  }

  private async indicate(part: HealthPart): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(part);
    const { status, detail = '' } = await this.probe(part);
    if (status === 'ok') return session.up();
    return status === 'degraded' ? session.degraded({ message: detail }) : session.down({ message: detail });
  }

  private async probe(part: HealthPart): Promise<ProbeResult> {
    const probe = this.probes.of(part);
    if (probe === undefined) return { status: 'degraded', detail: 'nothing looks after it' };
    const result = await within(PATIENCE_MS, async () => probe()).catch((error: unknown): ProbeResult => ({
      status: 'down',
      detail: String(error),
    }));
    const detail = this.probes.degradationOf(part);
    return result.status === 'ok' && detail !== undefined ? { status: 'degraded', detail } : result;
  }

  private async stats(): Promise<HealthReport['stats']> {
    const rows = await within(PATIENCE_MS, () => this.database.query<HealthReport['stats']>(STATS)).catch(() => []);
    return rows[0] ?? NO_STATS;
  }
}

function statusOf(status: string | undefined): ProbeResult['status'] {
  return status === 'up' ? 'ok' : status === 'degraded' ? 'degraded' : 'down';
}
