import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsDuration } from '../../common/validation/rules.js';

export class ManualBody {
  /** The execution's input; default {}. */
  @IsOptional()
  input?: unknown;

  /** Override the definition's. */
  @IsOptional()
  @IsObject()
  variables?: Record<string, unknown>;

  /** 1 (last) to 10 (first); default: the trigger's. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10)
  priority?: number;

  /** A confirmation token: the same as POST …/manual/confirm. `true` asks for nothing that the trigger does not. */
  @IsOptional()
  @ApiProperty({ required: false, oneOf: [{ type: 'string' }, { type: 'boolean' }], example: true })
  confirm?: string | boolean;

  /** Answer with the finished execution. */
  @IsOptional()
  @IsBoolean()
  wait?: boolean;

  /** How long to wait before answering 202; default 30s. */
  @IsOptional()
  @IsDuration()
  @ApiProperty({ required: false, oneOf: [{ type: 'string' }, { type: 'number' }], example: '30s' })
  wait_timeout?: string | number;
}

export class ConfirmBody {
  /** `confirmation_token` of the first answer. */
  @IsString()
  token!: string;

  /** Answer with the finished execution; so it is anyway where the first request had `wait`. */
  @IsOptional()
  @IsBoolean()
  wait?: boolean;

  /** How long to wait before answering 202; default 30s. */
  @IsOptional()
  @IsDuration()
  @ApiProperty({ required: false, oneOf: [{ type: 'string' }, { type: 'number' }], example: '30s' })
  wait_timeout?: string | number;
}
