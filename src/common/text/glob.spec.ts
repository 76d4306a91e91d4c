import { describe, expect, it } from 'vitest';
import { fitsGlob, globList, globPattern } from './glob.js';
import { textPattern } from './text-pattern.js';

describe('a glob', () => {
  it.each([
    ['main', 'main', true],
    ['main', 'maine', false],
    ['release/*', 'release/1', true],
    ['release/*', 'release/1/x', false],
    ['release/**', 'release/1/x', true],
    ['**/*.ts', 'a.ts', true],
    ['**/*.ts', 'src/deep/a.ts', true],
    ['src/**/a.ts', 'src/a.ts', true],
    ['*.{ts,js}', 'a.js', true],
    ['*.{ts,js}', 'a.jsx', false],
    ['v[0-9]', 'v7', true],
    ['v[!0-9]', 'v7', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a.c', 'abc', false],
    ['[', '[', true],
    ['{', '{', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['(a|b)+', '(a|b)+', true],
  ])('%s and %s: %s', (glob, text, expected) => {
    expect(globPattern(glob)(text)).toBe(expected);
  });

  it('of many stars takes no longer for a hostile text', () => {
    expect(globPattern('*a*a*a*a*a*a*a*a*a*b')('a'.repeat(20_000))).toBe(false);
  });
});

describe('a list of globs', () => {
  it('takes back with ! what came before, and takes it again after', () => {
    const list = globList(['src/**', '!src/gen/**', 'src/gen/keep.ts']);
    expect(['src/a.ts', 'src/gen/b.ts', 'src/gen/keep.ts', 'other'].map(list)).toEqual([true, false, true, false]);
  });

  it('of nothing but ! starts from everything; an empty one takes nothing', () => {
    expect(['docs/a', 'src/a'].map(globList(['!docs/**']))).toEqual([false, true]);
    expect(globList([])('a')).toBe(false);
  });
});

describe('a text pattern', () => {
  it.each([
    ['Invoice', 'Your INVOICE of May', true],
    ['*@example.com', 'ann@example.com', true],
    ['*@example.com', 'ann@example.com.evil', false],
    ['re: *', 'Re: hello\nworld', true],
    ['/^Order \\d+$/', 'Order 12', true],
    ['/^order/', 'Order 12', false],
    ['/^order/i', 'Order 12', true],
    ['', 'anything', true],
  ])('%s in "%s": %s', (pattern, text, expected) => {
    expect(textPattern(pattern)(text)).toBe(expected);
  });

  it('that cannot be read says so', () => {
    expect(() => textPattern('/(/')).toThrow();
    expect(() => textPattern('/(?=a)/')).toThrow();
    expect(() => textPattern('/a/g')).toThrow(/flags/);
  });
});

describe('a pattern of a name', () => {
  it.each([
    ['order.paid', 'order.paid', true],
    ['order.paid', 'order.paid2', false],
    ['order.*', 'order.paid', true],
    ['order.*', 'orders.paid', false],
    ['*.paid', 'order.paid', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['a*b*bc', 'abc', false],
    ['renovate[bot]', 'renovate[bot]', true],
    ['{a,b}?', 'a', false],
  ])('%j on %j: %s', (pattern, text, fits) => {
    expect(fitsGlob(pattern, text)).toBe(fits);
  });
});
