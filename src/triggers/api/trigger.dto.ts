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
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { PageQuery } from '../../common/api/page.dto.js';
import { QueryList } from '../../common/api/query-list.js';
import { IsDuration } from '../../common/validation/rules.js';
import type { OccurrenceOutcome } from '../../engine/engine.contract.js';

export class DedupBody {
  /** A template over `trigger`; what it gives is the identity of an occurrence. */
  @IsOptional()
  @IsString()
  key?: string;

  /** How long a key holds; default 24h. */
  @IsOptional()
  @IsDuration()
  @ApiProperty({ required: false, oneOf: [{ type: 'string' }, { type: 'number' }], example: '24h' })
  ttl?: string | number;
}

/** What a trigger may have, whatever its type. */
export class UpdateTriggerBody {
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name?: string;

  /** By the JSON Schema of its type, see GET /trigger-types. */
  @IsOptional()
  @IsObject()
  config?: Record<string, unknown>;

  @IsOptional()
  @IsBoolean()
  is_enabled?: boolean;

  /** An expression over `trigger`; false: nothing starts. */
  @IsOptional()
  @IsString()
  filter?: string | null;

  /** A template over `trigger`: the execution's input. */
  @IsOptional()
  input?: unknown;

  /** 1 (last) to 10 (first). */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10)
  priority?: number | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => DedupBody)
  dedup?: DedupBody | null;

  @IsOptional()
  @IsISO8601()
  start_at?: string | null;

  @IsOptional()
  @IsISO8601()
  end_at?: string | null;

  @IsOptional()
  @IsIn(['execute', 'notify'])
  mode?: 'execute' | 'notify' | null;
}

export class CreateTriggerBody extends UpdateTriggerBody {
  /** One of GET /trigger-types. */
  @IsString()
  type!: string;
}

export class ReplaceTriggerBody extends UpdateTriggerBody {
  /** A trigger keeps its type. */
  @IsOptional()
  @IsString()
  type?: string;
}

export class PauseBody {
  /** Shown in its status and in the ledger. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason: string = '';
}

export class TestTriggerBody {
  /** What the trigger would have seen. */
  @IsOptional()
  payload?: unknown;
}

export class PreviewQuery {
  /** How many instants; default 10. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  count: number = 10;
}

export class BackfillBody {
  /** The first instant, included. */
  @IsISO8601()
  from!: string;

  /** The last instant, included. */
  @IsISO8601()
  to!: string;

  /** Only tells which instants there are. */
  @IsOptional()
  @IsBoolean()
  dry_run: boolean = false;

  /** How many executions of the trigger may be open while it goes on; default 10. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  max_active: number = 10;
}

const OUTCOMES = ['fired', 'filtered', 'duplicate', 'skipped', 'notified', 'rejected', 'failed'] as const;

export class OccurrencesQuery extends PageQuery {
  /** One outcome or several, separated by commas. */
  @ApiProperty({ required: false, type: String, example: 'filtered,skipped' })
  @IsOptional()
  @QueryList()
  @IsIn(OUTCOMES, { each: true })
  outcome?: OccurrenceOutcome[];

  /** Recorded at this time or later. */
  @IsOptional()
  @IsISO8601()
  from?: string;

  @IsOptional()
  @IsISO8601()
  to?: string;
}
