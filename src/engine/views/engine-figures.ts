import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds } from '../../common/ids.js';
import { Metrics } from '../../common/metrics/metrics.js';

/** Indexes: execution_open holds the few that are open; ids are time-ordered, so the window reaches its partitions only. */
const FIGURES = /* sql */ `
SELECT
  (SELECT count(*)::int FROM execution WHERE is_open AND status IN ('running', 'waiting')) AS active_executions,
  (SELECT count(*)::int FROM execution WHERE is_open AND status = 'queued') AS queued_executions,
  (SELECT coalesce(extract(epoch FROM now() - min(queued_at)), 0)::float8
   FROM execution WHERE is_open AND status = 'queued') AS oldest_queued_seconds,
  (SELECT coalesce(greatest(0, extract(epoch FROM now() - min(due_at))), 0)::float8 FROM timer) AS timer_lag_seconds,
  accepted.* FROM (
    SELECT count(*)::int AS executions,
      count(*) FILTER (WHERE status = 'completed')::int AS completed,
      count(*) FILTER (WHERE is_failed)::int AS failed
    FROM execution WHERE id >= $1 AND pass IS NULL AND trigger_type <> 'test') accepted`;

/** How the engine does, in numbers that conditions are made of. */
@Injectable()
export class EngineFigures {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Of all replicas: what is open now, and what became of the executions accepted within the window. Beside them each
   * metric of this process by its name, summed up, and `name{label="value"}` for each value of a label.
   */
  async read(windowMs: number): Promise<Record<string, unknown>> {
    const since = idBounds(Math.max(0, Date.now() - windowMs)).lowest;
    const [row] = await this.database.query<Record<string, number>>(FIGURES, [since]);
    return { ...(await this.ownMetrics()), ...row };
  }

  private async ownMetrics(): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    const add = (name: string, value: number): void => {
      sums[name] = (sums[name] ?? 0) + value;
    };
    for (const { name, values } of await this.metrics.registry.getMetricsAsJSON()) {
      if (!name.startsWith('orchestrator_')) continue;
      for (const { value, labels, metricName } of values as Sample[]) {
        if ('le' in labels) continue;
        const sample = metricName ?? name;
        add(sample, value);
        for (const [label, text] of Object.entries(labels)) add(`${sample}{${label}="${text ?? ''}"}`, value);
      }
    }
    return sums;
  }
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  /** Of a histogram: `_sum` and `_count`. */
  readonly metricName?: string;
}
