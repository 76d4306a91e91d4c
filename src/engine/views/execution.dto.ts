import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQuery } from '../../common/api/page.dto.js';
import { QueryFlag } from '../../common/api/query-flag.js';
import { QueryList } from '../../common/api/query-list.js';

export const EXECUTION_STATUSES = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const;
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** `POST /workflows/{id}/execute` */
export class ExecuteDto {
  /** What expressions see as `input`; checked against `input_schema`. Any JSON value; `{}` when left out. */
  @ApiProperty({
    required: false,
    anyOf: [{ type: 'object', additionalProperties: true }, {}],
    example: { user_id: 7 },
  })
  @IsOptional()
  input?: unknown;

  /** Override the definition's variables of the same names. */
  @IsOptional()
  @IsObject()
  variables?: Record<string, unknown>;

  /** 1 (last) to 10 (first). */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10)
  priority?: number;

  /** The version to run; without it the deployed one, or the latest where none is deployed. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;

  /** Only `execute` starts anything by hand. */
  @IsOptional()
  @IsIn(['execute'])
  mode?: 'execute';

  /** Answer with the finished execution instead of at once. */
  @IsOptional()
  @IsBoolean()
  wait?: boolean;

  /** How long `wait` waits: `30s` (default), a number of seconds, or ISO 8601; at most 10 minutes. */
  @ApiProperty({ required: false, oneOf: [{ type: 'string' }, { type: 'number' }], example: '30s' })
  @IsOptional()
  wait_timeout?: string | number;
}

/** Filters of a list of executions, newest first. */
export class WorkflowExecutionsQuery extends PageQuery {
  /** One status or several, separated by commas. */
  @ApiProperty({ required: false, type: String, example: 'failed,timed_out' })
  @IsOptional()
  @QueryList()
  @IsIn(EXECUTION_STATUSES, { each: true })
  status?: string[];

  /** Only executions of this trigger. */
  @IsOptional()
  @IsUUID()
  trigger_id?: string;

  /**
   * `cron`, `manual`, `webhook`, …; `api` for those started by `/execute`, `subworkflow` for child executions. Passes of
   * distributed loops (`loop`) are listed only when they are asked for, by this or by `parent_id`.
   */
  @IsOptional()
  @IsString()
  trigger_type?: string;

  /** Accepted at or after this time (RFC 3339). */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** Accepted before this time (RFC 3339). */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;

  /** Text in the error's code or message, or the beginning of the id. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;
}

export class ExecutionsQuery extends WorkflowExecutionsQuery {
  /** Only child executions of this execution: its subworkflows, and the passes of its distributed loops. */
  @IsOptional()
  @IsUUID()
  parent_id?: string;

  /** Only executions of this workflow (id or slug). */
  @IsOptional()
  @IsString()
  workflow_id?: string;
}

export class LogsQuery extends PageQuery {
  /** Only lines of this step, by its path or its id. */
  @IsOptional()
  @IsString()
  step_id?: string;

  /** This level and above. */
  @IsOptional()
  @IsIn(LEVELS)
  level?: (typeof LEVELS)[number];

  /** Stream the lines so far and then new ones, as server-sent events, until the execution has ended; `limit` is not used. */
  @IsOptional()
  @QueryFlag()
  @IsBoolean()
  follow?: boolean;
}

export class StepsQuery extends PageQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  override limit: number = 500;
}

export class GraphFormatQuery {
  /** How the graph is drawn. */
  @IsOptional()
  @IsIn(['json', 'mermaid', 'svg'])
  format: 'json' | 'mermaid' | 'svg' = 'json';
}

/** `POST /executions/{id}/cancel` */
export class CancelDto {
  /** Kept with the execution. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}

/** The answer to everything that starts an execution. */
export class StartedDto {
  /** The execution's id. */
  id!: string;
  /** The same as `id`. */
  execution_id!: string;
  workflow_id!: string;
  status!: string;
  /** Where to follow it. */
  status_url!: string;
  /** An earlier call with the same key started it. */
  duplicate!: boolean;
}

export class ExecutionErrorDto {
  /** Stable, e.g. `http_503`, `timeout`, `expression_failed`. */
  code!: string;
  message!: string;
  /** The step that failed; null when none is to blame. */
  @ApiProperty({ type: String, nullable: true })
  step_path!: string | null;
}

export class StepErrorDto {
  /** Stable, e.g. `http_503`, `timeout`, `expression_failed`. */
  code!: string;
  message!: string;
  /** Of a step that holds others: which of them has failed. */
  step_path?: string;
}

/** Why a step waits. */
export class WaitingDto {
  for!: 'timer' | 'approval' | 'event' | 'child' | 'retry';
  @ApiProperty({ type: String, nullable: true })
  until!: string | null;
  /** When the attempt that waits has begun. */
  @ApiProperty({ type: String, format: 'date-time', required: false })
  since?: string;
  /** Of `child`: the execution it waits for; none for the passes of a loop, which are many. */
  @ApiProperty({ required: false, type: String, format: 'uuid' })
  execution_id?: string;
  /** By which a callback is answered. */
  @ApiProperty({ type: String, nullable: true })
  token!: string | null;
  /** Where it can be answered: the callback's address, or the approval. */
  @ApiProperty({ type: String, nullable: true })
  url!: string | null;
}

/** Where an output is read that is too long to be shown here: `output` is null then. */
export class LargeOutputDto {
  /** Bytes of JSON: more than 256 KiB. */
  size!: number;
  url!: string;
}

export class StepExecutionDto {
  id!: string;
  execution_id!: string;
  step_id!: string;
  /** Its address in the execution: `fetch`, `check.big`. */
  step_path!: string;
  type!: string;
  status!: 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled' | 'timed_out';
  /** From 1. */
  attempt!: number;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  input!: unknown;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  output!: unknown;
  @ApiProperty({ type: LargeOutputDto, nullable: true })
  large_output!: LargeOutputDto | null;
  @ApiProperty({ type: StepErrorDto, nullable: true })
  error!: unknown;
  @ApiProperty({ type: WaitingDto, nullable: true })
  waiting!: WaitingDto | null;
  /** Attempts before this one, each with its error. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  attempts!: unknown[];
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;
  @ApiProperty({ type: Number, nullable: true })
  duration_ms!: number | null;
}

export class ExecutionDto {
  id!: string;
  workflow_id!: string;
  version!: number;
  status!: (typeof EXECUTION_STATUSES)[number];
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  input!: unknown;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  output!: unknown;
  @ApiProperty({ type: LargeOutputDto, nullable: true })
  large_output!: LargeOutputDto | null;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  variables!: unknown;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  start_time!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  end_time!: string | null;
  @ApiProperty({ type: Number, nullable: true })
  duration_ms!: number | null;
  @ApiProperty({ type: String, nullable: true })
  trigger_id!: string | null;
  trigger_type!: string;
  @ApiProperty({ type: String, nullable: true })
  occurrence_id!: string | null;
  priority!: number;
  /** Which run of the same execution: a retry in place counts up. */
  attempt!: number;
  @ApiProperty({ type: ExecutionErrorDto, nullable: true })
  error!: ExecutionErrorDto | null;
  @ApiProperty({ type: String, nullable: true })
  parent_id!: string | null;
  @ApiProperty({ type: String, nullable: true })
  retry_of!: string | null;
  /** Asked to pause: `paused`, or about to be. */
  pause_requested!: boolean;
  @ApiProperty({ type: String, nullable: true })
  cancel_reason!: string | null;
  @ApiProperty({ type: String, nullable: true })
  created_by!: string | null;
  /** When it was accepted. */
  @ApiProperty({ format: 'date-time' })
  created_at!: string;
  /** In `GET /executions/{id}` only. */
  @ApiProperty({ required: false, type: () => [StepExecutionDto] })
  step_executions?: StepExecutionDto[];
}

export class ExecutionPageDto {
  items!: ExecutionDto[];
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class StepExecutionPageDto {
  items!: StepExecutionDto[];
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class LogLineDto {
  timestamp!: string;
  level!: 'debug' | 'info' | 'warn' | 'error';
  @ApiProperty({ type: String, nullable: true })
  step_path!: string | null;
  @ApiProperty({ type: Number, nullable: true })
  attempt!: number | null;
  message!: string;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  data!: unknown;
}

export class LogPageDto {
  items!: LogLineDto[];
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class TimelineItemDto {
  step_path!: string;
  type!: string;
  status!: string;
  attempt!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;
  /** From when the step could have started to when its last attempt did: waits, retries and queueing. */
  waited_ms!: number;
  @ApiProperty({ type: Number, nullable: true })
  duration_ms!: number | null;
}

export class TimelineDto {
  items!: TimelineItemDto[];
}

/** All that support needs to know of an execution; secrets are redacted. */
export class ExecutionBundleDto {
  generated_at!: string;
  execution!: ExecutionDto;
  /** The version that it ran: `{version, definition, created_at}`. */
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  definition!: unknown;
  steps!: StepExecutionDto[];
  /** Oldest first. */
  logs!: LogLineDto[];
  /** What its trigger saw; null when none started it. */
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  occurrence!: unknown;
  /** Which lists are not whole: `steps`, `logs`. */
  truncated!: string[];
}
