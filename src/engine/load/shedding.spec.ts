import { describe, expect, it } from 'vitest';
import { isSevere, MOST_LEVEL, nextShedding, NO_SHEDDING, shareAt, type Load, type Shedding } from './shedding.js';

const CALM: Load = { lagMs: 1, memory: 0.3 };
const LAGGING: Load = { lagMs: 150, memory: 0.3 };
const FULL: Load = { lagMs: 1, memory: 0.9 };
const BETWEEN: Load = { lagMs: 60, memory: 0.8 };

const after = (...loads: readonly Load[]): Shedding => loads.reduce(nextShedding, NO_SHEDDING);
const times = (count: number, load: Load): Load[] => Array.from({ length: count }, () => load);

describe('load shedding', () => {
  it('halves the share with each look at which the loop lags or memory is short, and says why', () => {
    expect(after(LAGGING)).toEqual({ level: 1, reason: 'event_loop', calm: 0 });
    expect(after(LAGGING, FULL)).toEqual({ level: 2, reason: 'memory', calm: 0 });
    expect(shareAt(after(LAGGING, LAGGING, LAGGING))).toBe(1 / 8);
    expect(after({ lagMs: 500, memory: 0.95 }).reason).toBe('memory');
  });

  it('never goes below a sixteenth', () => {
    expect(shareAt(after(...times(20, LAGGING)))).toBe(1 / 16);
    expect(after(...times(20, LAGGING)).level).toBe(MOST_LEVEL);
  });

  it('gives back a step after two calm looks in a row, not sooner', () => {
    const two = [LAGGING, LAGGING];
    expect(after(...two, CALM).level).toBe(2);
    expect(after(...two, CALM, CALM).level).toBe(1);
    expect(after(...two, ...times(4, CALM))).toEqual(NO_SHEDDING);
  });

  it('stays as it is between the bounds, and counts calm anew afterwards', () => {
    expect(after(BETWEEN)).toEqual(NO_SHEDDING);
    expect(after(LAGGING, ...times(10, BETWEEN)).level).toBe(1);
    expect(after(LAGGING, CALM, BETWEEN, CALM).level).toBe(1);
  });

  it('does not change while all is well', () => {
    expect(nextShedding(NO_SHEDDING, CALM)).toBe(NO_SHEDDING);
  });

  it('is severe from an eighth on', () => {
    expect([1, 2, 3, 4].map((count) => isSevere(after(...times(count, LAGGING))))).toEqual([false, false, true, true]);
  });
});
