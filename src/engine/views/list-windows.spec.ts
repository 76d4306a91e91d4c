import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idBounds, idTime } from '../../common/ids.js';
import type { ExecutionFilter } from './execution-filter.js';
import { windowsOf, type IdWindow } from './list-windows.js';

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
        from: time.map((at) => new Date(at)),
        triggerId: time.map(timed),
      },
      { requiredKeys: ['status'] },
    );
    fc.assert(
      fc.property(filters, time, (filter, at) => {
        const windows = windowsOf(filter, NOW);
        const id = idBounds(at).highest;
        const isTooOld =
          at < (filter.from?.getTime() ?? 0) ||
          (filter.triggerId !== undefined && at < idTime(filter.triggerId) - DAY_MS);
        expect(windows.filter((window) => holds(window, id))).toHaveLength(isTooOld ? 0 : 1);
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

  it('end where the trigger was made, but for what clocks may differ by, and where the range begins', () => {
    const triggerId = timed(NOW - 2 * DAY_MS);
    const day = idBounds(NOW - DAY_MS).lowest;
    expect(windowsOf({ triggerId }, NOW)).toEqual([
      { from: day },
      { from: idBounds(NOW - 3 * DAY_MS).lowest, below: day },
    ]);
    const from = new Date(NOW - 1_000);
    expect(windowsOf({ triggerId, from }, NOW)).toEqual([{ from: idBounds(NOW - 1_000).lowest }]);
  });

  it('reach to the beginning for a trigger whose id carries no time', () => {
    expect(windowsOf({ triggerId: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' }, NOW)).toHaveLength(3);
  });
});
