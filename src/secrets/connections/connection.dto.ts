import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsObject, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { CONNECTION_TYPES, type ConnectionType } from '../../common/connections/connection-types.js';

/** A step's config names it. */
export const CONNECTION_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
const NAME_RULE = {
  message: 'name must be a letter or "_", then letters, digits, "_", "." and "-", at most 128 in all',
};

export class NewConnectionBody {
  @Matches(CONNECTION_NAME, NAME_RULE)
  name!: string;

  @ApiProperty({ enum: CONNECTION_TYPES })
  @IsIn(CONNECTION_TYPES)
  type!: ConnectionType;

  /** What it takes to reach the other system; its fields depend on the type. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  config!: Record<string, unknown>;

  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  description?: string;
}

export class ConnectionBody {
  /** Another name; steps that name the old one no longer find it. */
  @IsOptional()
  @Matches(CONNECTION_NAME, NAME_RULE)
  name?: string;

  @ApiProperty({ enum: CONNECTION_TYPES })
  @IsOptional()
  @IsIn(CONNECTION_TYPES)
  type?: ConnectionType;

  /** The whole config. A secret that is left as `***` keeps its value. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  config?: Record<string, unknown>;

  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  description?: string;
}

/** A connection; the secrets in `config` are `***`. */
export class ConnectionDto {
  id!: string;
  name!: string;
  @ApiProperty({ enum: CONNECTION_TYPES })
  type!: ConnectionType;
  /** null when it was sealed under another SECRET_KEY. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  config!: Record<string, unknown> | null;
  description!: string;
  /** Rises with each change. */
  revision!: number;
  created_by!: string | null;
  created_at!: Date;
  updated_at!: Date;
}

export class ConnectionPage {
  items!: ConnectionDto[];
  next_cursor!: string | null;
}

export class ConnectionFaultDto {
  code!: string;
  message!: string;
}

/** What came of trying a connection. */
export class ConnectionTestDto {
  ok!: boolean;
  duration_ms!: number;
  /** What answered; null when nothing did. */
  detail!: string | null;
  @ApiProperty({ type: ConnectionFaultDto, nullable: true })
  error!: ConnectionFaultDto | null;
}
