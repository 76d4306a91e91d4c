import { ValidateBy } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
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

/** Fields of which exactly one must be given; null counts as given. */
export function exactlyOne(value: object, names: readonly string[]): Fault[] {
  const given = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
  if (given.length === 1) return [];
  const choice = names.map((name) => `"${name}"`).join(' or ');
  if (given.length === 0) return [{ path: names[0] ?? '', code: 'field_required', message: `${choice} is required` }];
  return [{ path: given[1] ?? '', code: 'value_invalid', message: `only one of ${choice} may be given` }];
}
