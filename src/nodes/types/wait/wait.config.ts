import { IsOptional } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';
import { IsInstant } from './instant.js';

export class WaitConfig {
  @Field('How long to wait: 500ms, 30s, 5m, 2h, 7d, seconds, or ISO 8601.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  duration?: string | number;

  @Field('Instead of `duration`: the time to wait for, RFC 3339 or seconds (or milliseconds) since 1970.', {
    type: ['string', 'number'],
    examples: ['2027-01-31T09:00:00Z', 1801386000],
  })
  @IsOptional()
  @IsInstant()
  until?: string | number | Date;
}
