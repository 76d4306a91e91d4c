import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextFinder } from './text-finder.js';

describe('the finder of texts', () => {
  it('replaces what a regular expression of the same texts replaces, longest first', () => {
    const unit = fc.constantFrom('a', 'b', 'ä', '水', '\ud83d', '$');
    const texts = fc.array(fc.string({ unit, minLength: 4, maxLength: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.string({ unit, maxLength: 60 }), (given, text) => {
        const sorted = [...given].sort((a, b) => b.length - a.length).map((one) => one.replace(/[$]/g, '\\$&'));
        expect(new TextFinder(given).replace(text, '*')).toBe(text.replace(new RegExp(sorted.join('|'), 'g'), '*'));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives back the very text where there is nothing to find', () => {
    const text = 'x'.repeat(1000);
    expect(new TextFinder([]).replace(text, '*')).toBe(text);
    expect(new TextFinder(['yyyy']).find(text)).toBeNull();
  });

  it('finds at the very end, and one right after another', () => {
    expect(new TextFinder(['abcd']).replace('abcdabcd abcd', '*')).toBe('** *');
    expect(new TextFinder(['abcd']).find('xabcd', 2)).toBeNull();
  });
});
