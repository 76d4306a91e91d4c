import { describe, expect, it } from 'vitest';
import { clockAt, instantAt } from './zone-time';

describe('a time that is typed', () => {
  it.each([
    ['UTC', '2026-01-31T08:00', '2026-01-31T08:00:00.000Z'],
    ['Asia/Shanghai', '2026-01-31T08:00', '2026-01-31T00:00:00.000Z'],
    ['America/New_York', '2026-07-01T00:30', '2026-07-01T04:30:00.000Z'],
    ['Asia/Kolkata', '2026-01-01T00:00', '2025-12-31T18:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T12:00', '2026-10-25T11:00:00.000Z'],
  ])('means what the clocks of %s show: %s', (zone, clock, instant) => {
    expect(instantAt(clock, zone)).toBe(instant);
    expect(clockAt(instant, zone)).toBe(clock);
  });
});
