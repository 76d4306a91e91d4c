import { ValidateBy } from 'class-validator';

/** A pattern or a list of some. */
export function IsPatterns(): PropertyDecorator {
  return ValidateBy({
    name: 'isPatterns',
    validator: {
      validate: (value) => isPatterns(value),
      defaultMessage: (rule) => `${rule?.property ?? ''} must be a text, a glob or a /regex/, or a list of them`,
    },
  });
}

/** Where the first arming starts. */
export function IsStart(): PropertyDecorator {
  return ValidateBy({
    name: 'isStart',
    validator: {
      validate: (value) => value === 'new_only' || value === 'unseen' || sinceOf(value) !== null,
      defaultMessage: () => 'start must be new_only, unseen or {since: <date>}',
    },
  });
}

export function isPatterns(value: unknown): value is string | string[] {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
}

/** The instant that `{since}`, or the text `since: …`, names, in milliseconds; null for anything else. */
export function sinceOf(value: unknown): number | null {
  if (typeof value === 'string' && value.startsWith('since:')) return sinceOf({ since: value.slice(6).trim() });
  if (typeof value !== 'object' || value === null || !('since' in value)) return null;
  const { since } = value;
  if (typeof since !== 'string' || Object.keys(value).length !== 1) return null;
  const at = Date.parse(since);
  return Number.isNaN(at) ? null : at;
}
