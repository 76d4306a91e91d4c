import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, IsIn, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';
import { MEMORY_SCOPES, type MemoryScope } from '../../common/memory/memory.contract.js';
import { IsDuration } from '../../common/validation/rules.js';

export class MemoryParams {
  @ApiProperty({ enum: MEMORY_SCOPES })
  @IsIn(MEMORY_SCOPES)
  scope!: MemoryScope;

  @IsString()
  @MaxLength(512)
  key!: string;
}

export class MemoryQuery {
  /** The id of the execution, workflow or conversation; none for global. */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  owner?: string;
}

export class MemoryBody {
  /** Any JSON value of at most 256 KiB; null is one. */
  @ApiProperty({ nullable: true })
  @ValidateIf((_body, value) => value !== null)
  @IsDefined()
  value!: unknown;

  /** Until it is forgotten: a duration, or seconds. */
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'number' }], nullable: true })
  @IsOptional()
  @IsDuration()
  ttl?: string | number | null;
}

export class MemoryDto {
  @ApiProperty({ nullable: true })
  value!: unknown;
  /** Seconds that are left; null: for good. */
  ttl!: number | null;
  /** For `If-Match`. */
  revision!: number;
}
