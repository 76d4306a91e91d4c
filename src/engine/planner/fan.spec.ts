import { describe, expect, it } from 'vitest';
import type { FanOut } from '../../nodes/node.contract.js';
import { Fan, instanceAt } from './fan.js';

const BRANCHES = { scopes: ['branches.a', 'branches.b', 'branches.c'] };
const fan = (rules: Partial<FanOut> = {}): Fan =>
  new Fan('fork', { over: BRANCHES, limit: 9, enough: null, failures: 'finish', ...rules });
const ERROR = { code: 'no', message: 'no' };

/** Opens all that there is room for, and ends what the text says: `+` completed, `-` failed, in order. */
function play(of: Fan, text: string): Fan {
  for (const sign of text) {
    while (of.hasRoom) of.openNext();
    const [first] = of.open;
    if (first === undefined) throw new Error('nothing is open');
    of.end(
      first,
      sign === '+' ? { status: 'completed', output: 1, error: null } : { status: 'failed', output: null, error: ERROR },
    );
  }
  return of;
}

describe('a fan-out', () => {
  it.each([
    [{}, '++', null],
    [{}, '+++', 'completed'],
    [{}, '-++', 'failed'],
    [{ failures: 'stop' }, '-', 'failed'],
    [{ failures: 'ignore' }, '-+-', 'completed'],
    [{ enough: 1 }, '+', 'completed'],
    [{ enough: 1 }, '--', null],
    [{ enough: 1 }, '---', 'failed'],
    [{ enough: 2, failures: 'stop' }, '-', null],
    [{ enough: 2, failures: 'stop' }, '--', 'failed'],
    [{ enough: 3, failures: 'finish' }, '-+', null],
  ] as const)('with %j is, after %s, %s', (rules, text, verdict) => {
    expect(play(fan(rules), text).verdict).toBe(verdict);
  });

  it('has room for as many instances as its limit', () => {
    const narrow = fan({ limit: 2 });
    const opened = [narrow.openNext(), narrow.openNext()];
    expect(opened.map(({ prefix }) => prefix)).toEqual(['fork.a.', 'fork.b.']);
    expect(narrow.hasRoom).toBe(false);
  });

  it('over nothing has completed at once', () => {
    expect(fan({ over: { scope: 'body', items: [], itemName: null } }).verdict).toBe('completed');
  });

  it('takes up what was opened before, up to what is known to have begun', () => {
    const loop = fan({ over: { scope: 'body', items: [7, 8, 9], itemName: null }, limit: 1 });
    expect(loop.reopen('1').map(({ prefix, item }) => [prefix, item])).toEqual([
      ['fork[0].', 7],
      ['fork[1].', 8],
    ]);
    expect(loop.reopen('0')).toEqual([]);
    expect(loop.hasRoom).toBe(false);
    expect(
      fan()
        .reopen('b')
        .map(({ name }) => name),
    ).toEqual(['a', 'b']);
  });

  it('gives results in the order of positions, of those that ended', () => {
    const loop = fan({ over: { scope: 'body', items: [7, 8, 9], itemName: null } });
    const [first, second] = [loop.openNext(), loop.openNext()];
    loop.end(second, { status: 'completed', output: 'b', error: null });
    loop.end(first, { status: 'completed', output: 'a', error: null });
    expect(loop.results.map(({ output }) => output)).toEqual(['a', 'b']);
  });
});

describe('the place of a step path', () => {
  it.each([
    ['each[3].', { container: 'each', name: '3' }],
    ['fork.left.', { container: 'fork', name: 'left' }],
    ['a.each[3].fork.b.', { container: 'a.each[3].fork', name: 'b' }],
    ['each[1].inner[2].', { container: 'each[1].inner', name: '2' }],
    ['check.', null],
  ])('%s is %j', (prefix, place) => {
    expect(instanceAt(prefix)).toEqual(place);
  });
});
