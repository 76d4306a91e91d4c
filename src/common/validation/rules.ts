import { ValidateBy } from 'class-validator';
import { parseDuration } from '../duration.js';

/** `500ms 30s 5m 2h 7d`, a number of seconds, or ISO 8601. */
export function IsDuration(): PropertyDecorator {
  return ValidateBy({
    name: 'isDuration',
    validator: {
      validate: (value) => parseDuration(value) !== null,
      defaultMessage: (rule) => `${rule?.property ?? ''} must be a duration, such as 500ms, 30s, 5m, 2h, or seconds`,
    },
  });
}

/** The JSON Schema of a duration, to be given to `Field`. */
export const DURATION_SCHEMA = { type: ['string', 'number'], examples: ['30s', '5m', 90] } as const;
