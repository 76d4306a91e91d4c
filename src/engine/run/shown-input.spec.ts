import { describe, expect, it } from 'vitest';
import { shownInput, TOO_LARGE_TO_SHOW } from './shown-input.js';

const same = (value: unknown): unknown => value;

describe('the input of a step, as it is kept', () => {
  it('is the input, redacted', () => {
    const input = { a: [1, 'x', null], b: { c: true } };
    expect(shownInput(input, same)).toBe(input);
    expect(shownInput('secret', () => '***')).toBe('***');
    expect(shownInput(undefined, same)).toBeUndefined();
  });

  it.each([
    ['one long text', 'x'.repeat(256 * 1024 + 1)],
    ['many texts', Array.from({ length: 300 }, () => 'x'.repeat(1024))],
    ['many numbers', { list: Array.from({ length: 300_000 }, (_, index) => index) }],
  ])('is left out where it is large: %s', (_what, input) => {
    expect(shownInput(input, same)).toBe(TOO_LARGE_TO_SHOW);
  });

  it('is not gone through beyond that', () => {
    const never = {
      get value(): never {
        throw new Error('it was read');
      },
    };
    expect(shownInput(['x'.repeat(300 * 1024), never], same)).toBe(TOO_LARGE_TO_SHOW);
  });
});
