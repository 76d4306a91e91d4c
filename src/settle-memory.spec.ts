import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settleMemory } from './settle-memory.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(share: { now: number }) {
  const collect = vi.fn();
  const utilization = () => ({ idle: 0, active: 0, utilization: share.now });
  return { collect, stop: settleMemory({ utilization, collect }) };
}

describe('the memory that starting has taken', () => {
  it('is given back once, in the first quiet moment', () => {
    const share = { now: 0.5 };
    const { collect } = setUp(share);
    vi.advanceTimersByTime(120_000);
    expect(collect).not.toHaveBeenCalled();
    share.now = 0.01;
    vi.advanceTimersByTime(120_000);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('stays where it is when the server stops before', () => {
    const { collect, stop } = setUp({ now: 0 });
    stop();
    vi.advanceTimersByTime(120_000);
    expect(collect).not.toHaveBeenCalled();
  });
});
