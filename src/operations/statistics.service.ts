import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../common/database/database.js';
import { AppError } from '../common/errors/app-error.js';
import { idBounds } from '../common/ids.js';
import type { Plain } from '../common/plain.js';
import type { StatisticsDto, StatisticsQuery } from './operations.dto.js';

const DAY_MS = 24 * 3_600_000;
const BUCKET_MS = { minute: 60_000, hour: 3_600_000, day: DAY_MS } as const;
const MAX_BUCKETS = 1_500;
const MS = 'extract(epoch FROM end_time - coalesce(start_time, queued_at)) * 1000';

/** Ids are time-ordered: the bounds reach only the partitions of the range. `$1`, `$2`: the bounds. */
const FIGURES = /* sql */ `
       count(*)::int AS executions,
       count(*) FILTER (WHERE status = 'completed')::int AS completed,
       count(*) FILTER (WHERE is_failed)::int AS failed,
       avg(${MS})::float8 AS mean_ms,
       percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${MS}) AS percentiles
FROM execution WHERE id >= $1 AND id < $2 AND pass IS NULL AND trigger_type <> 'test'`;
const TOTALS = `SELECT ${FIGURES}`;
const BUCKETS = /* sql */ `
SELECT date_trunc($3, queued_at, 'UTC') AS at, ${FIGURES} GROUP BY 1 ORDER BY 1`;
const ERRORS = /* sql */ `
SELECT error->>'code' AS code, count(*)::int AS count FROM execution
WHERE id >= $1 AND id < $2 AND pass IS NULL AND trigger_type <> 'test' AND is_failed GROUP BY 1 ORDER BY 2 DESC LIMIT 20`;
const STEPS = /* sql */ `
SELECT type, count(*)::int AS count, count(*) FILTER (WHERE status IN ('failed', 'timed_out'))::int AS failed,
       avg(extract(epoch FROM finished_at - started_at) * 1000)::float8 AS mean_ms
FROM step_execution WHERE id >= $1 AND id < $2
  AND execution_id NOT IN (SELECT id FROM execution WHERE id >= $1 AND id < $2 AND trigger_type = 'test') GROUP BY 1 ORDER BY 2 DESC LIMIT 50`;

interface Figures extends Record<string, unknown> {
  executions: number;
  completed: number;
  failed: number;
  mean_ms: number | null;
  percentiles: (number | null)[] | null;
}

/** What became of the executions that were started in a range of time; test runs are left out. */
@Injectable()
export class StatisticsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async get(query: StatisticsQuery): Promise<Plain<StatisticsDto>> {
    const to = query.to === undefined ? this.clock.now() + 1 : Date.parse(query.to);
    const from = query.from === undefined ? to - DAY_MS : Date.parse(query.from);
    refuseRange(from, to, query.bucket);
    const range = [idBounds(Math.max(0, from)).lowest, idBounds(Math.max(0, to)).lowest];
    const [[totals], buckets, errors, steps] = await Promise.all([
      this.database.query<Figures>(TOTALS, range),
      this.database.query<Figures & { at: Date }>(BUCKETS, [...range, query.bucket]),
      this.database.query<{ code: string; count: number }>(ERRORS, range),
      this.database.query<{ type: string }>(STEPS, range),
    ]);
    return {
      totals: figuresOf(totals),
      buckets: buckets.map((bucket) => ({ at: bucket.at, ...figuresOf(bucket) })),
      errors,
      steps,
    };
  }
}

function refuseRange(from: number, to: number, bucket: keyof typeof BUCKET_MS): void {
  const message = from >= to ? 'from must lie before to' : `the range holds more than ${MAX_BUCKETS} buckets`;
  if (from < to && (to - from) / BUCKET_MS[bucket] <= MAX_BUCKETS) return;
  const errors = [{ path: 'from', code: 'range', message }];
  throw new AppError({ code: 'range_invalid', status: 422, message: `The range is not valid: ${message}.`, errors });
}

function figuresOf(row: Figures | undefined): Record<string, number | null> {
  const { executions = 0, completed = 0, failed = 0, mean_ms = null, percentiles } = row ?? {};
  const [p50_ms = null, p95_ms = null, p99_ms = null] = percentiles ?? [];
  const success_rate = completed + failed === 0 ? null : completed / (completed + failed);
  return { executions, completed, failed, success_rate, mean_ms, p50_ms, p95_ms, p99_ms };
}
