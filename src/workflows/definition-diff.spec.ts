import { describe, expect, it } from 'vitest';
import type { Definition } from '../definition/definition.types.js';
import { checksumOf } from './definition-checksum.js';
import { diffDefinitions } from './definition-diff.js';

const base: Definition = {
  version: '1.0',
  name: 'n',
  steps: [
    { id: 'a', type: 'http', config: { url: 'one', headers: { x: '1' } } },
    { id: 'b', type: 'log' },
  ],
};

describe('the difference of two definitions', () => {
  it('is empty for equal ones', () => {
    expect(diffDefinitions(base, structuredClone(base))).toEqual({
      steps: { added: [], removed: [], changed: [] },
      changes: [],
    });
  });

  it('names steps by id and goes down to the single value', () => {
    const next: Definition = {
      ...base,
      steps: [
        { id: 'a', type: 'http', config: { url: 'two', headers: { x: '1' } } },
        { id: 'c', type: 'log' },
      ],
    };
    const { steps, changes } = diffDefinitions(base, next);
    expect(steps).toEqual({ added: ['c'], removed: ['b'], changed: ['a'] });
    expect(changes).toContainEqual({ path: 'steps.a.config.url', kind: 'changed', from: 'one', to: 'two' });
    expect(changes).toContainEqual({ path: 'steps.b', kind: 'removed', from: { id: 'b', type: 'log' }, to: null });
    expect(changes).toContainEqual({ path: 'steps.c', kind: 'added', from: null, to: { id: 'c', type: 'log' } });
    expect(changes).toHaveLength(3);
  });

  it('a step that moved is a change of order, not of the steps', () => {
    const { steps, changes } = diffDefinitions(base, { ...base, steps: [...base.steps].reverse() });
    expect(steps).toEqual({ added: [], removed: [], changed: [] });
    expect(changes).toEqual([{ path: 'steps.$order', kind: 'changed', from: ['a', 'b'], to: ['b', 'a'] }]);
  });
});

it('a checksum does not depend on the order of keys, but on the order of lists', () => {
  expect(checksumOf({ a: 1, b: { c: 2, d: 3 } })).toBe(checksumOf({ b: { d: 3, c: 2 }, a: 1 }));
  expect(checksumOf({ a: [1, 2] })).not.toBe(checksumOf({ a: [2, 1] }));
});
