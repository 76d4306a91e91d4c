import { ApiProperty, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { ExecutionDto, ExecutionsQuery } from './execution.dto.js';

/** How many executions one bulk call takes, at most. */
export const BULK_LIMIT = 1_000;

/** `POST /step-executions/{id}/retry` */
export class RetryStepDto {
  /** Run this version of the workflow, as a new execution. */
  @IsOptional()
  @IsInt()
  @Min(1)
  with_version?: number;

  /** Run with this input, as a new execution; checked against `input_schema`. Any JSON value. */
  @ApiProperty({
    required: false,
    anyOf: [{ type: 'object', additionalProperties: true }, {}],
    example: { user_id: 7 },
  })
  @IsOptional()
  input?: unknown;
}

/** `POST /executions/{id}/retry` */
export class RetryDto extends RetryStepDto {
  /** A step path: this step and all that follows it run again. Without it: what has failed and what was not reached. */
  @ApiProperty({ required: false, type: String, example: 'check.big' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  from_step?: string;
}

/** The execution that runs now: the same one, or a new one with `retry_of`. */
export class RetriedDto extends ExecutionDto {
  /** The same as `id`. */
  execution_id!: string;
  /** An earlier call with the same `Idempotency-Key` did it. */
  duplicate!: boolean;
}

/** Which executions a bulk call takes: the filter of the list, or ids; newest first. */
export class BulkDto extends OmitType(ExecutionsQuery, ['limit'] as const) {
  /** Only these. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(BULK_LIMIT)
  @IsUUID(undefined, { each: true })
  ids?: string[];

  /** How many this call takes, at most; `next_cursor` leads on. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(BULK_LIMIT)
  limit: number = BULK_LIMIT;
}

/** `POST /executions/bulk/cancel` */
export class BulkCancelDto extends BulkDto {
  /** Kept with each execution. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}

export class BulkFailureDto {
  id!: string;
  /** Stable, e.g. `execution_state`. */
  code!: string;
  message!: string;
}

export class BulkAnswerDto {
  /** How many executions this call has found. */
  matched!: number;
  done!: number;
  failed!: BulkFailureDto[];
  /** Set when there are more; send it as `cursor` with the same filter. */
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class BulkRetriedDto extends BulkAnswerDto {
  /** An earlier call with the same `Idempotency-Key` did it: this is what it has answered. */
  duplicate!: boolean;
}
