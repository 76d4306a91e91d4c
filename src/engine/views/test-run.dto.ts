import { ApiProperty, OmitType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsISO8601, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { ExecuteDto } from './execution.dto.js';

/** What expressions see as `trigger` in a test run. */
export class TestTriggerDto {
  /** `test` when left out. */
  @IsOptional()
  @IsString()
  type?: string;

  @IsOptional()
  @IsString()
  name?: string;

  /** RFC 3339; now when left out. */
  @IsOptional()
  @IsISO8601({ strict: true })
  occurred_at?: string;

  /** RFC 3339. */
  @IsOptional()
  @IsISO8601({ strict: true })
  scheduled_for?: string;

  /** Any JSON value: a webhook's `{method, path, headers, body, …}`. */
  @ApiProperty({ required: false, anyOf: [{ type: 'object', additionalProperties: true }, {}] })
  @IsOptional()
  payload?: unknown;
}

/** `POST /workflows/{id}/test`. Without `version` the latest one runs, deployed or not. */
export class TestDto extends OmitType(ExecuteDto, ['mode'] as const) {
  /**
   * Outputs that stand in for steps, by step id, by step path (`each[3].save`), or by path with `[]` for every pass.
   * `{"$error": {"code", "message"}}` makes the step fail.
   */
  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: true,
    example: {
      fetch: { status_code: 200, body: { rows: [] } },
      pay: { $error: { code: 'http_503', message: 'away' } },
    },
  })
  @IsOptional()
  @IsObject()
  mocks?: Record<string, unknown>;

  /** What expressions see as `trigger`; without it there is none. */
  @IsOptional()
  @ValidateNested()
  @Type(() => TestTriggerDto)
  trigger?: TestTriggerDto;
}
