import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idBounds } from '../../common/ids.js';
import type { ExecutionFilter } from './execution-filter.js';
import { oldestOf, windowsOf, type IdWindow } from './list-windows.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
/** As version 7 has it. */
const timed = (at: number): string => `${idBounds(at).lowest.slice(0, 14)}7000-8000-000000000000`;
const holds = ({ from, below }: IdWindow, id: string): boolean =>
  (from === undefined || id >= from) && (below === undefined || id < below);

describe('the windows of a list', () => {
  it('hold each id once, newest first, whatever is asked for', () => {
    const time = fc.integer({ min: NOW - 400 * DAY_MS, max: NOW + 2 * DAY_MS });
    const filters = fc.record<ExecutionFilter>(
      {
        status: fc.constant(['failed']),
        to: time.map((at) => new Date(at)),
        before: time.map((at) => idBounds(at).lowest),
      },
      { requiredKeys: ['status'] },
    );
    fc.assert(
      fc.property(filters, time, (filter, at) => {
        const windows = windowsOf(filter, NOW);
        const id = idBounds(at).highest;
        expect(windows.filter((window) => holds(window, id))).toHaveLength(1);
        const starts = windows.map(({ from }) => from ?? '');
        expect(starts).toEqual(starts.toSorted().toReversed());
      }),
    );
  });

  it('begin with the day before what is asked for', () => {
    const before = idBounds(NOW - 30 * DAY_MS).lowest;
    const [first] = windowsOf({ q: 'timeout', before }, NOW);
    expect(first).toEqual({ from: idBounds(NOW - 31 * DAY_MS).lowest });
  });

  it.each<[string, ExecutionFilter]>([
    ['nothing', {}],
    ['ids', { ids: ['a'], status: ['failed'] }],
    ['a parent', { parentId: 'a' }],
    ['a range alone', { from: new Date(NOW) }],
  ])('are one where an index leads to just what is meant: %s', (_what, filter) => {
    expect(windowsOf(filter, NOW)).toEqual([{}]);
  });
});

describe('the oldest execution of a trigger', () => {
  it('is as old as the trigger, but for what clocks may differ by', () => {
    expect(oldestOf(timed(NOW))).toBe(idBounds(NOW - DAY_MS).lowest);
  });

  it('is not known by an id that carries no time', () => {
    expect(oldestOf('3f2504e0-4f89-41d3-9a0c-0305e82c3301')).toBeUndefined();
  });
});
