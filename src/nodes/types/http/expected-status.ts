import { ValidateBy } from 'class-validator';

const PATTERN = /^[1-5](\d\d|xx)$/i;

/** Whether a status is a success: below 400, or one of `expected` (`404`, `'4xx'`, or a list of them). */
export function isExpected(status: number, expected: unknown): boolean {
  if (expected === undefined || expected === null) return status < 400;
  return toList(expected).some((pattern) => matches(status, String(pattern).toLowerCase()));
}

function matches(status: number, pattern: string): boolean {
  return pattern.endsWith('xx') ? String(status).startsWith(pattern.slice(0, 1)) : String(status) === pattern;
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

export function IsExpectedStatus(): PropertyDecorator {
  return ValidateBy({
    name: 'isExpectedStatus',
    validator: {
      validate: (value) => {
        const list = toList(value);
        return list.length > 0 && list.every((status) => PATTERN.test(String(status)));
      },
      defaultMessage: (rule) =>
        `${rule?.property ?? ''} must be a status such as 404, a class such as "4xx", or a list`,
    },
  });
}
