import { ArrayNotEmpty, IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export class EventBatch {
  @Field('So many events start an execution at once.')
  @IsInt()
  @Min(1)
  @Max(1_000)
  max!: number;

  @Field('So long after its first event a batch starts, however few it has.', DURATION_SCHEMA)
  @IsDuration()
  within!: string | number;
}

/** Config of an event trigger. */
export class EventConfig {
  @Field('Types of events; `*` stands for any characters: `order.*`, `millrace.execution.failed`.')
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(255, { each: true })
  types!: string[];

  @Field('Only events of this source; `*` stands for any characters.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1_000)
  source?: string;

  @Field('Starts when no further event has come for so long, with the last one.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  debounce?: string | number;

  @Field('Gathers events: the payload is `{events}` then.')
  @IsOptional()
  @Nested(() => EventBatch)
  batch?: EventBatch;
}
