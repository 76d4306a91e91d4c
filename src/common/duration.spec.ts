import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1.5s', 1500],
    ['0s', 0],
    [30, 30_000],
    [0.25, 250],
    ['45', 45_000],
    ['PT30S', 30_000],
    ['PT1H30M', 5_400_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.5S', 500],
  ])('%s is %i ms', (value, milliseconds) => expect(parseDuration(value)).toBe(milliseconds));

  it.each([
    '',
    ' ',
    '-5s',
    '5 parsecs',
    '5m30s',
    'P1Y',
    'P1M',
    'P',
    'PT',
    'P1DT',
    '1e3',
    '400000000d',
    -1,
    Number.NaN,
    Infinity,
    null,
    undefined,
    true,
    {},
    ['5s'],
  ])('is not %j', (value) => expect(parseDuration(value)).toBeNull());
});
