import { IsIn, IsISO8601, IsOptional } from 'class-validator';

export class StatisticsQuery {
  /** Accepted from then on. Default: 24 hours before `to`; of one workflow, its beginning. */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** Accepted before then. Default: now. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;

  /** How long a bucket is. Default: an hour; of one workflow, a day. */
  @IsOptional()
  @IsIn(['minute', 'hour', 'day'])
  bucket?: 'minute' | 'hour' | 'day';
}

/** Percentiles are right to 1.6 %. */
export class StatisticsFiguresDto {
  /** Accepted in this time, test runs left out. */
  executions!: number;
  /** Of them, not ended yet. */
  open!: number;
  completed!: number;
  /** Timed out ones too. */
  failed!: number;
  timed_out!: number;
  cancelled!: number;
  /** 0 to 1: completed of those completed or failed; null where there are none. */
  success_rate!: number | null;
  mean_ms!: number | null;
  p50_ms!: number | null;
  p95_ms!: number | null;
  p99_ms!: number | null;
  /** From queued to claimed. */
  queue_wait_mean_ms!: number | null;
  queue_wait_p50_ms!: number | null;
  queue_wait_p95_ms!: number | null;
  queue_wait_p99_ms!: number | null;
  /** Step executions of ended executions that failed, after their last attempt. */
  failed_steps!: number;
  /** Step executions with more than one attempt. */
  retried_steps!: number;
  /** 0 to 1: how many of them completed at last. */
  retry_success_rate!: number | null;
  /** Executions that were retried in place, and how many of them completed. */
  retried_executions!: number;
  retried_executions_completed!: number;
}

export class StatisticsBucketDto extends StatisticsFiguresDto {
  /** Its first instant. */
  at!: Date;
}

export class ErrorCountDto {
  code!: string;
  count!: number;
}

export class StepFiguresDto {
  type!: string;
  /** Of one workflow only. */
  step_id?: string;
  count!: number;
  failed!: number;
  retried!: number;
  retry_success_rate!: number | null;
  mean_ms!: number | null;
}

export class StatisticsDto {
  totals!: StatisticsFiguresDto;
  /** Those in which something was accepted, oldest first. */
  buckets!: StatisticsBucketDto[];
  /** Error codes of failed executions, the most frequent first. */
  errors!: ErrorCountDto[];
  /** Those that failed most often first. */
  steps!: StepFiguresDto[];
}
