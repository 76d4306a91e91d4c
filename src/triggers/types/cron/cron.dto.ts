import { IsArray, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';
import type { OverlapPolicy } from './overlap.js';

/** Config of a cron trigger: `cron` or `interval`. */
export class CronConfig {
  @Field('A cron line: 5 fields, or 6 with leading seconds; names, L, W, #, H, and macros such as @daily', {
    examples: ['0 2 * * *', '*/10 * * * * *', 'H H(0-7) * * MON-FRI'],
  })
  @IsOptional()
  @IsString()
  cron?: string;

  @Field('Elapsed time between two instants, instead of cron; 1 s at least', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  interval?: string | number;

  @Field('IANA time zone of the line; default: SCHEDULER_TIMEZONE', { examples: ['Europe/Berlin'] })
  @IsOptional()
  @IsString()
  timezone?: string;

  @Field('The largest of a stable delay that spreads triggers out', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  jitter?: string | number;

  @Field('Cron lines that cancel instants')
  @IsArray()
  @IsString({ each: true })
  exclude: string[] = [];

  @Field('What becomes of instants that passed while nothing ran')
  @IsIn(['fire_once', 'skip', 'fire_all'])
  misfire: 'fire_once' | 'skip' | 'fire_all' = 'fire_once';

  @Field('How many missed instants fire_all still fires; the newest ones')
  @IsInt()
  @Min(1)
  @Max(1000)
  max_catch_up: number = 100;

  @Field('An instant later than this is missed', DURATION_SCHEMA)
  @IsDuration()
  misfire_grace: string | number = '60s';

  @Field('What happens while the last execution still runs')
  @IsIn(['allow', 'skip', 'buffer_one', 'buffer_all', 'cancel_other'])
  overlap: OverlapPolicy = 'allow';
}
