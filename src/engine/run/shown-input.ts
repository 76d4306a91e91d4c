/** Characters of a step's input that are kept to be shown: nothing goes by it, and it stands in the step's row. */
const MOST_SHOWN = 256 * 1024;

/** In place of a larger one. */
export const TOO_LARGE_TO_SHOW = { truncated: true } as const;

/** A step's input as it is kept; one that is too large is not gone through to its end. */
export function shownInput(input: unknown, redact: (value: unknown) => unknown): unknown {
  return measure(input, MOST_SHOWN) < 0 ? TOO_LARGE_TO_SHOW : redact(input);
}

/** @returns what is left of `room`; negative as soon as it is used up. */
function measure(value: unknown, room: number): number {
  if (typeof value === 'string') return room - value.length;
  if (typeof value !== 'object' || value === null) return room - 1;
  let left = room - 1;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) left = measure(value[index], left);
    return left;
  }
  // Not `for … in`, which is many times slower on objects like these.
  for (const key of Object.keys(value)) {
    if (left < 0) break;
    left = measure((value as Record<string, unknown>)[key], left - key.length);
  }
  return left;
}
