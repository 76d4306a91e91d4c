import { describe, expect, it } from 'vitest';
import { MOST_INSTANTS, passedInstants } from './misfire.js';
import { IntervalSchedule } from './schedule.js';

const every = new IntervalSchedule(0, 1_000);
const fired = (instants: readonly { at: number; fires: boolean }[]): number[] =>
  instants.filter(({ fires }) => fires).map(({ at }) => at);

describe('instants that have passed', () => {
  it('fire, each of them, within the grace', () => {
    const passed = passedInstants(every, 1_000, 3_500, null, { keepMissed: 0, graceMs: 60_000 });
    expect(passed).toEqual({ instants: [1_000, 2_000, 3_000].map((at) => ({ at, fires: true })), next: 4_000 });
  });

  it('skip gives up the missed and keeps those in time', () => {
    const { instants } = passedInstants(every, 1_000, 10_000, null, { keepMissed: 0, graceMs: 2_000 });
    expect(instants).toHaveLength(10);
    expect(fired(instants)).toEqual([8_000, 9_000, 10_000]);
  });

  it('fire_once fires the newest of the missed', () => {
    expect(fired(passedInstants(every, 1_000, 10_000, null, { keepMissed: 1, graceMs: 2_000 }).instants)).toEqual([
      7_000, 8_000, 9_000, 10_000,
    ]);
  });

  it('fire_all fires as many of the newest as max_catch_up says', () => {
    expect(fired(passedInstants(every, 1_000, 10_000, null, { keepMissed: 3, graceMs: 0 }).instants)).toEqual([
      7_000, 8_000, 9_000, 10_000,
    ]);
  });

  it('a long outage is worked off in stretches, and only the last one fires', () => {
    const now = MOST_INSTANTS * 2_500;
    const firedAt: number[] = [];
    let cursor: number | null = 1_000;
    let count = 0;
    while (cursor !== null && cursor <= now) {
      const passed = passedInstants(every, cursor, now, null, { keepMissed: 1, graceMs: 1 });
      firedAt.push(...fired(passed.instants));
      count += passed.instants.length;
      cursor = passed.next;
    }
    expect(count).toBe(now / 1_000);
    expect(firedAt).toEqual([now - 1_000, now]);
  });

  it('end with the schedule', () => {
    const passed = passedInstants(every, 1_000, 10_000, 2_500, { keepMissed: 0, graceMs: 60_000 });
    expect(passed.instants.map(({ at }) => at)).toEqual([1_000, 2_000]);
    expect(passed.next).toBeNull();
  });

  it('none has passed when the timer came early', () => {
    expect(passedInstants(every, 5_000, 4_999, null, { keepMissed: 1, graceMs: 0 })).toEqual({
      instants: [],
      next: 5_000,
    });
  });
});
