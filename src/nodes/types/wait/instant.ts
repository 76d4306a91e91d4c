import { ValidateBy } from 'class-validator';
import { DateTime } from 'luxon';

/** Numbers from here on are milliseconds: as seconds they would lie behind the year 5000. */
const LEAST_MILLISECONDS = 100_000_000_000;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

/** A time: RFC 3339 with its offset, or a number of seconds or milliseconds since 1970. null when it is none. */
export function parseInstant(value: unknown): Date | null {
  if (value instanceof Date) return usable(value.getTime());
  if (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)) return parseInstant(Number(value));
  if (typeof value === 'number') return usable(value >= LEAST_MILLISECONDS ? value : value * 1_000);
  if (typeof value !== 'string' || !RFC_3339.test(value)) return null;
  return usable(DateTime.fromISO(value.replace(' ', 'T').toUpperCase()).toMillis());
}

function usable(milliseconds: number): Date | null {
  const date = new Date(milliseconds);
  return milliseconds >= 0 && Number.isFinite(date.getTime()) ? date : null;
}

export function IsInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value) => parseInstant(value) !== null,
      defaultMessage: (rule) =>
        `${rule?.property ?? ''} must be a time such as 2027-01-31T09:00:00Z, or seconds since 1970`,
    },
  });
}
