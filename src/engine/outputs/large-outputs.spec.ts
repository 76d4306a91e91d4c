import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inRow, largeSize, OUTPUT_IN_ROW_BYTES } from './large-outputs.js';

/** JSON of a text with so many bytes. */
const json = (bytes: number, unit: string): string => {
  const count = Math.floor((bytes - 2) / Buffer.byteLength(unit));
  const rest = bytes - 2 - count * Buffer.byteLength(unit);
  return `"${unit.repeat(count)}${'x'.repeat(rest)}"`;
};

describe('where an output is stored', () => {
  it('depends on its bytes of UTF-8, whatever its characters', () => {
    const units = fc.constantFrom('x', 'é', '水', '🙂');
    const around = fc.integer({ min: -4, max: 4 }).map((more) => OUTPUT_IN_ROW_BYTES + more);
    fc.assert(
      fc.property(units, around, (unit, bytes) => {
        const text = json(bytes, unit);
        expect(Buffer.byteLength(text)).toBe(bytes);
        expect(largeSize(text)).toBe(bytes > OUTPUT_IN_ROW_BYTES ? bytes : null);
        expect(inRow(text)).toBe(bytes > OUTPUT_IN_ROW_BYTES ? null : text);
      }),
    );
  });

  it('is the row for none at all', () => {
    expect(largeSize(null)).toBeNull();
    expect(inRow(null)).toBeNull();
  });
});
