import type { Fault } from '../errors/app-error.js';

/** Values inside values. Deeper ones exhaust the stack of those who walk them. */
const DEEPEST = 1_000;
/**
 * Checking an object costs the square of its fields (class-transformer looks for each among all): 7,000 fields in one object, or
 * as much in many, are some tenths of a second.
 */
const MOST_PAIRS = 50_000_000;

export const TOO_DEEP: Fault = { path: '', code: 'too_deep', message: `Values may be nested ${DEEPEST} deep.` };

/** Whether values stand deeper inside values than those who walk them can follow. */
export function isTooDeep(value: unknown): boolean {
  let level: object[] = [value].filter(isObject);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) => (Object.values(one) as unknown[]).filter(isObject));
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Why this value cannot be checked by a DTO in reasonable time; null: it can. */
export function boundsFault(value: unknown): Fault | null {
  let level = [value];
  let pairs = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return TOO_DEEP;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      const parts: unknown[] = Object.values(one);
      if (!Array.isArray(one)) pairs += parts.length ** 2;
      for (const part of parts) if (typeof part === 'object' && part !== null) next.push(part);
    }
    if (pairs > MOST_PAIRS) {
      return {
        path: '',
        code: 'too_many_fields',
        message: 'An object may have 7,000 fields; long data belongs in a list.',
      };
    }
    level = next;
  }
  return null;
}
