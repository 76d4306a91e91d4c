import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/paths.js';
import { mutate } from './mutate.js';
import { MUTATIONS, mutationsTable } from './mutations.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

describe('the mutations', () => {
  it.each(MUTATIONS)('apply to the sources as they are: $guard', (mutation) => {
    for (const edits of [mutation, ...(mutation.also === undefined ? [] : [mutation.also])])
      expect(mutate(read(edits.file), edits)).not.toBe(read(edits.file));
  });

  it.each(MUTATIONS)('name a test that is there: $guard', ({ red }) => {
    if ('spec' in red) expect(read(red.spec)).toContain(red.name);
    else expect(read('test/faults/faults/kills.ts')).toContain(`'${red.fault}'`);
  });

  it('cover each promise of the product', () => {
    expect(new Set(MUTATIONS.map(({ promise }) => promise))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it('are those of mutations.md', () => {
    expect(read('test/faults/mutations.md')).toBe(mutationsTable());
  });
});
