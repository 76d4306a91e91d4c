import { IsDefined, IsIn, IsOptional } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export class LogConfig {
  @Field('How much it matters.', { enum: [...LOG_LEVELS] })
  @IsOptional()
  @IsIn(LOG_LEVELS)
  level: (typeof LOG_LEVELS)[number] = 'info';

  @Field('What to write; a value that is no text is written as JSON.')
  @IsDefined()
  message!: unknown;

  @Field('Any value to keep beside the message.')
  @IsOptional()
  data?: unknown;
}
