import { describe, expect, it } from 'vitest';
import { shareOf } from './worker-share.service.js';

describe('shares of MAX_CONCURRENT', () => {
  it('add up to it, whatever the number of workers', () => {
    for (const [most, workers] of [
      [100, 1],
      [100, 3],
      [2, 3],
      [1, 2],
    ] as const) {
      const shares = Array.from({ length: workers }, (_, number) => shareOf(most, workers, number));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(most);
    }
  });

  it('leave the youngest without one when there are more workers than places', () => {
    expect([0, 1, 2].map((number) => shareOf(2, 3, number))).toEqual([1, 1, 0]);
  });
});
