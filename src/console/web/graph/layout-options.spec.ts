import { describe, expect, it } from 'vitest';
import { fansOf } from './fans';
import { optionsFor, shapeOf } from './layout-options';

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `n${n}`);
const chain = (nodes: readonly string[]) => nodes.slice(1).map((to, n) => ({ from: nodes[n] ?? '', to }));
const fan = (members: readonly string[]) =>
  members.flatMap((id) => [
    { from: 'root', to: id },
    { from: id, to: 'join' },
  ]);

describe('a graph', () => {
  it('is as long as its longest way and as wide as its fullest row, edges that lead back left out', () => {
    expect(shapeOf(ids(5), chain(ids(5)))).toEqual({ depth: 5, width: 1 });
    expect(shapeOf(['root', 'a', 'b', 'join'], fan(['a', 'b']))).toEqual({ depth: 3, width: 2 });
    expect(shapeOf(['a', 'b'], [...chain(['a', 'b']), { from: 'b', to: 'b' }]).width).toBeLessThanOrEqual(2);
    expect(shapeOf([], [])).toEqual({ depth: 0, width: 0 });
  });

  it('is folded when it is a ribbon, and only then', () => {
    const isFolded = (nodes: string[], edges: { from: string; to: string }[]): boolean =>
      'elk.layered.wrapping.strategy' in optionsFor(nodes, edges);
    expect(isFolded(ids(300), chain(ids(300)))).toBe(true);
    expect(isFolded(ids(8), chain(ids(8)))).toBe(false);
    const wide = ids(100);
    expect(isFolded(['root', 'join', ...wide], fan(wide))).toBe(false);
  });

  it('has a fan where many steps stand between the same ones', () => {
    const members = ids(298);
    const [found, ...others] = fansOf(['root', ...members, 'join'], fan(members));
    expect(others).toEqual([]);
    expect(found?.members).toEqual(members);
    expect(found?.columns).toBe(14);
    expect(fansOf(['root', 'a', 'b', 'join'], fan(['a', 'b']))).toEqual([]);
    // Steps that hang on nothing are no fan: they are roots of their own.
    expect(fansOf(ids(40), [])).toEqual([]);
  });
});
