import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idBounds, idsBeginningWith, idTime, isId, newId, newIdWithin } from './ids.js';

const LAYOUT = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('newId', () => {
  it('makes UUIDv7: version 7, variant 10, the time in the first 48 bits', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(LAYOUT);
    expect(isId(id)).toBe(true);
    expect(idTime(id)).toBeGreaterThanOrEqual(before);
  });

  it('rises strictly within a process, also many times a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('newIdWithin', () => {
  it("keeps the parent's milliseconds, whatever the time of the child, and lies within its bounds", () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), (later) => {
        const parent = newId();
        const child = newIdWithin(parent, idTime(parent) + later);
        const { lowest, highest } = idBounds(idTime(parent));
        expect(child).toMatch(LAYOUT);
        expect(idTime(child)).toBe(idTime(parent));
        expect(child > lowest && child < highest).toBe(true);
      }),
    );
  });

  it('sorts children by the time they were made', () => {
    const parent = newId();
    const start = idTime(parent);
    const ids = [0, 0, 1, 1, 500, 60_000, 86_400_000].map((later) => newIdWithin(parent, start + later));
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('idsBeginningWith', () => {
  it('encloses the ids whose text begins so, and no others', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.nat(36), (one, other, length) => {
        const beginning = one.slice(0, length);
        const { lowest, highest } = idsBeginningWith(beginning) ?? { lowest: '', highest: '' };
        expect(other >= lowest && other <= highest).toBe(other.startsWith(beginning));
        expect(one >= lowest && one <= highest).toBe(true);
      }),
    );
  });

  it.each(['order', '0193-', '019300000', `${newId()}0`, '%'])('knows that no id begins with %s', (text) => {
    expect(idsBeginningWith(text)).toBeNull();
  });
});
