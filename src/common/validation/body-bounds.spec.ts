import { describe, expect, it } from 'vitest';
import { boundsFault } from './body-bounds.js';

const fields = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));

describe('the bounds of a body', () => {
  it('hold for what people send', () => {
    expect(boundsFault({ input: fields(5_000), list: Array.from({ length: 50_000 }, () => ({ a: 1 })) })).toBeNull();
    expect(boundsFault('text')).toBeNull();
    expect(boundsFault(null)).toBeNull();
  });

  it('refuse an object with very many fields, wherever it stands', () => {
    expect(boundsFault({ a: [fields(8_000)] })).toMatchObject({ code: 'too_many_fields' });
    expect(boundsFault([1, 2, 3].map(() => fields(5_000)))).toMatchObject({ code: 'too_many_fields' });
  });

  it('refuse values that are nested very deep, without a deep stack', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    expect(boundsFault(deep)).toMatchObject({ code: 'too_deep' });
  });
});
