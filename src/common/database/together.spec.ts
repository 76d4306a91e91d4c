import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { together } from './together.js';

it('gives what all give, in order', async () => {
  expect(await together([turn(1), Promise.resolve('two')])).toEqual([1, 'two']);
});

it('throws what failed first, when all have ended', async () => {
  const ended: string[] = [];
  const work = async (name: string, turns: number, fails: boolean): Promise<void> => {
    for (let count = 0; count < turns; count++) await turn();
    ended.push(name);
    if (fails) throw new Error(name);
  };
  const all = together([work('last', 9, false), work('late', 5, true), work('first', 1, true)]);
  await expect(all).rejects.toThrow('first');
  expect(ended).toEqual(['first', 'late', 'last']);
});

it('throws the cause, not what another statement says of it, whichever comes first', async () => {
  const cause = Object.assign(new Error('disk full'), { code: '53100' });
  const aftermath = Object.assign(new Error('current transaction is aborted'), { code: '25P02' });
  const fails = async (error: Error, turns: number): Promise<void> => {
    for (let count = 0; count < turns; count++) await turn();
    throw error;
  };
  await expect(together([together([fails(cause, 0), fails(aftermath, 3)]), fails(aftermath, 1)])).rejects.toBe(cause);
  await expect(together([fails(aftermath, 0), fails(aftermath, 1)])).rejects.toBe(aftermath);
});
