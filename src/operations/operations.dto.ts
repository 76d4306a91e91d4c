import { IsIn, IsISO8601, IsOptional } from 'class-validator';

export class LivenessDto {
  status!: string;
}

export class HealthDto {
  status!: 'healthy' | 'degraded' | 'unhealthy';
  /** By part: `ok`, `degraded` or `down`. */
  checks!: Record<string, string>;
  stats!: Record<string, number>;
}

export class StatisticsQuery {
  /** Default: 24 hours before `to`. */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** Default: now. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;

  /** How long a bucket is. */
  @IsOptional()
  @IsIn(['minute', 'hour', 'day'])
  bucket: 'minute' | 'hour' | 'day' = 'hour';
}

export class StatisticsDto {
  totals!: Record<string, number | null>;
  buckets!: Record<string, unknown>[];
  errors!: Record<string, unknown>[];
  steps!: Record<string, unknown>[];
}

export class SchedulerStatusDto {
  running!: boolean;
  /** Singleton jobs run under locks, so no replica leads for long: the scheduler that has been up longest. */
  leader!: string | null;
  queue!: Record<string, unknown>;
  timers!: Record<string, unknown>;
  /** `concurrency`: executions with effects at once, as of now. `shedding`: workers that take less, how much, and why. */
  workers!: Record<string, unknown>;
  replicas!: Record<string, unknown>[];
}
