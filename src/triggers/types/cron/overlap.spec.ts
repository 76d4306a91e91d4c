import { describe, expect, it } from 'vitest';
import { MOST_BUFFERED, overlap, type OverlapPolicy } from './overlap.js';

const passed = (...ats: number[]) => ats.map((at) => ({ at, fires: true }));
const turn = (policy: OverlapPolicy, isBusy: boolean, buffered: number[], ...ats: number[]) =>
  overlap({ policy, isBusy, buffered, passed: passed(...ats), misfire: 'policy fire_all' });
const fired = ({ verdicts }: ReturnType<typeof overlap>) => verdicts.filter(({ fires }) => fires).map(({ at }) => at);
const skipped = ({ verdicts }: ReturnType<typeof overlap>) =>
  verdicts.filter(({ fires }) => !fires).map(({ at }) => at);

describe('while nothing runs', () => {
  it.each(['allow', 'skip', 'buffer_one', 'buffer_all', 'cancel_other'] as const)(
    '%s fires an instant at once, without a reason',
    (policy) => {
      expect(turn(policy, false, [], 1)).toEqual({
        verdicts: [{ at: 1, fires: true, note: null }],
        buffered: [],
        cancels: false,
      });
    },
  );

  it('the instant that waited longest fires first, and says that it waited', () => {
    const turned = turn('buffer_all', false, [1, 2], 3);
    expect(turned.verdicts).toMatchObject([{ at: 1, fires: true, note: expect.stringContaining('waited') as string }]);
    expect(turned.buffered).toEqual([2, 3]);
  });

  it('of several that passed at once only one fires', () => {
    expect(fired(turn('skip', false, [], 1, 2, 3))).toEqual([1]);
    expect(turn('buffer_one', false, [], 1, 2, 3)).toMatchObject({ buffered: [2] });
    expect(turn('buffer_all', false, [], 1, 2, 3)).toMatchObject({ buffered: [2, 3] });
    expect(turn('cancel_other', false, [], 1, 2, 3)).toMatchObject({ buffered: [3], cancels: false });
    expect(fired(turn('allow', false, [], 1, 2, 3))).toEqual([1, 2, 3]);
  });
});

describe('while the last execution runs', () => {
  it('skip gives the instant up', () => {
    expect(turn('skip', true, [], 1).verdicts).toMatchObject([{ at: 1, fires: false, code: 'overlap' }]);
  });

  it('buffer_one keeps the first and gives up those after it', () => {
    const turned = turn('buffer_one', true, [], 1, 2, 3);
    expect([turned.buffered, skipped(turned), fired(turned)]).toEqual([[1], [2, 3], []]);
  });

  it('buffer_all keeps all, as many as there is room for', () => {
    expect(turn('buffer_all', true, [1], 2, 3).buffered).toEqual([1, 2, 3]);
    const full = Array.from({ length: MOST_BUFFERED }, (_, at) => at);
    const turned = turn('buffer_all', true, full, 9_999);
    expect([turned.buffered.length, skipped(turned)]).toEqual([MOST_BUFFERED, [9_999]]);
  });

  it('cancel_other keeps the newest and asks the last execution to end', () => {
    const turned = turn('cancel_other', true, [1], 2);
    expect([turned.buffered, skipped(turned), turned.cancels]).toEqual([[2], [1], true]);
  });
});

it('instants that were missed are given up whatever runs', () => {
  const missed = [{ at: 1, fires: false }];
  const turned = overlap({ policy: 'buffer_all', isBusy: true, buffered: [], passed: missed, misfire: 'policy skip' });
  expect(turned.verdicts).toEqual([{ at: 1, fires: false, code: 'misfire', detail: 'policy skip' }]);
});

it('instants that waited under another policy fire under the new one', () => {
  expect(fired(turn('allow', true, [1, 2]))).toEqual([1, 2]);
  expect(fired(turn('skip', false, [1], 2))).toEqual([1]);
});

it('every instant ends in exactly one place', () => {
  for (const policy of ['allow', 'skip', 'buffer_one', 'buffer_all', 'cancel_other'] as const)
    for (const isBusy of [true, false]) {
      const turned = turn(policy, isBusy, [1, 2], 3, 4);
      const all = [...turned.verdicts.map(({ at }) => at), ...turned.buffered];
      expect(all.toSorted(), `${policy} ${isBusy}`).toEqual([1, 2, 3, 4]);
    }
});
