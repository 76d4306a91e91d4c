import { IsBoolean, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export class WaitForEventConfig {
  @Field('The type of the event to wait for; `*` stands for any characters.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  event?: string;

  @Field(
    'An expression over `event` and the usual names, secrets left out; the first event for which it is true counts.',
  )
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  match?: string;

  @Field('How long before the start of the step an event may have come. Default: not at all.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  lookback?: string | number;

  @Field('Instead of `event`: wait for one call of an address that the waiting step shows.')
  @IsOptional()
  @IsBoolean()
  callback?: boolean;

  @Field('How long to wait; then the step fails with the code `timeout`. None: until it comes.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout?: string | number;
}
