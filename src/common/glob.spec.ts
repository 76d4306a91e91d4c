import { describe, expect, it } from 'vitest';
import { fitsGlob } from './glob.js';

describe('a pattern', () => {
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
  ])('%j on %j: %s', (pattern, text, fits) => {
    expect(fitsGlob(pattern, text)).toBe(fits);
  });
});
