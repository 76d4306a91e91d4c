import fc from 'fast-check';
import { IANAZone } from 'luxon';
import { describe, expect, it } from 'vitest';
import { CronLineError, parseCronLine } from './cron-line.js';
import { CronSchedule } from './cron-schedule.js';
import { Exclusions } from './exclusions.js';
import { IntervalSchedule } from './schedule.js';
import { isGap, zoneTransitions, type ZoneTransition } from './zone-transitions.js';

const ID = '01890000-0000-7000-8000-000000000001';
const NEW_YORK = 'America/New_York';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function run(line: string, zone: string, from: string, count: number, exclude: string[] = []): string[] {
  const schedule = new CronSchedule(line, zone, exclude, ID);
  const found: string[] = [];
  let at = schedule.next(Date.parse(from));
  while (at !== null && found.length < count) {
    found.push(new Date(at).toISOString().slice(0, 19) + 'Z');
    at = schedule.next(at);
  }
  return found;
}

describe('a fixed hour', () => {
  it('fires once right after a gap', () => {
    expect(run('30 2 * * *', NEW_YORK, '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00:00Z',
      '2026-03-09T06:30:00Z',
    ]);
  });

  it('fires once when several of its times fall into one gap', () => {
    expect(run('0,30 2 * * *', NEW_YORK, '2026-03-07T12:00:00Z', 2)).toEqual([
      '2026-03-08T07:00:00Z',
      '2026-03-09T06:00:00Z',
    ]);
  });

  it('fires once in a fold, at the first pass', () => {
    expect(run('30 1 * * *', NEW_YORK, '2026-10-31T12:00:00Z', 2)).toEqual([
      '2026-11-01T05:30:00Z',
      '2026-11-02T06:30:00Z',
    ]);
  });

  it('holds in zones that change at midnight, and by half an hour', () => {
    expect(run('0 0 * * *', 'Asia/Beirut', '2026-03-28T12:00:00Z', 1)).toEqual(['2026-03-28T22:00:00Z']);
    expect(run('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T12:00:00Z', 1)).toEqual(['2026-10-03T15:30:00Z']);
  });
});

describe('a wildcard hour, or more than once an hour', () => {
  it('fires at every real instant of a fold', () => {
    expect(run('*/30 1 * * *', NEW_YORK, '2026-11-01T04:00:00Z', 4)).toEqual([
      '2026-11-01T05:00:00Z',
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:00:00Z',
      '2026-11-01T06:30:00Z',
    ]);
  });

  it('does not make up instants of a gap', () => {
    expect(run('*/15 2 * * *', NEW_YORK, '2026-03-08T00:00:00Z', 1)).toEqual(['2026-03-09T06:00:00Z']);
    expect(run('0 * * * *', NEW_YORK, '2026-03-08T05:30:00Z', 3)).toEqual([
      '2026-03-08T06:00:00Z',
      '2026-03-08T07:00:00Z',
      '2026-03-08T08:00:00Z',
    ]);
  });
});

describe('the line', () => {
  it.each([
    ['0 0 L * *', '2026-03-31T00:00:00Z'],
    ['0 0 LW * *', '2026-03-31T00:00:00Z'],
    ['0 0 15W * *', '2026-03-16T00:00:00Z'],
    ['0 0 * * 5L', '2026-03-27T00:00:00Z'],
    ['0 0 * * FRI#2', '2026-03-13T00:00:00Z'],
    ['0 0 * * SUN', '2026-03-08T00:00:00Z'],
    ['0 0 * * 7', '2026-03-08T00:00:00Z'],
    ['0 0 1 APR *', '2026-04-01T00:00:00Z'],
    ['5/20 0 1 APR *', '2026-04-01T00:05:00Z'],
    ['@monthly', '2026-04-01T00:00:00Z'],
    ['@hourly', '2026-03-07T13:00:00Z'],
    ['30 0 12 * * *', '2026-03-07T12:00:30Z'],
  ])('%s comes next at %s', (line, at) => {
    expect(run(line, 'UTC', '2026-03-07T12:00:00Z', 1)).toEqual([at]);
  });

  it('spreads H by the hash of the trigger, the same every time and inside its range', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const fields = parseCronLine('H H(0-7) * * *', id).pattern.split(' ');
        expect(parseCronLine('H H(0-7) * * *', id).pattern.split(' ')).toEqual(fields);
        expect(Number(fields[1])).toBeLessThan(60);
        expect(Number(fields[2])).toBeLessThan(8);
        expect(parseCronLine('H/15 * * * *', id).pattern.split(' ')[1]).toMatch(/^(\d|1[0-4])-59\/15$/);
      }),
    );
  });

  it.each([
    '',
    '* * * *',
    '* * * * * * *',
    '61 * * * *',
    '0 25 * * *',
    '@reboot',
    'a b c d e',
    'H(7-0) * * * *',
    'H/0 * * * *',
  ])('is refused when it means nothing: %j', (line) => {
    expect(() => parseCronLine(line, ID)).toThrow(CronLineError);
  });

  it('is cancelled where an exclude line says so, to the second', () => {
    expect(run('0 9 * * *', 'UTC', '2026-12-24T00:00:00Z', 2, ['* * 25 12 *'])).toEqual([
      '2026-12-24T09:00:00Z',
      '2026-12-26T09:00:00Z',
    ]);
    expect(run('*/30 * * * * *', 'UTC', '2026-12-24T23:59:30Z', 1, ['* * 25 12 *'])).toEqual(['2026-12-26T00:00:00Z']);
  });

  it('without any instant ends', () => {
    expect(new CronSchedule('0 0 30 2 *', 'UTC', [], ID).next(0)).toBeNull();
    expect(new CronSchedule('0 0 * * *', 'UTC', ['* * * * *'], ID).next(Date.UTC(2026, 0))).toBeNull();
  });
});

describe('an interval', () => {
  it('counts elapsed time from its anchor', () => {
    const schedule = new IntervalSchedule(1_000, 90_000);
    expect([schedule.next(0), schedule.next(1_000), schedule.next(91_001)]).toEqual([1_000, 91_000, 181_000]);
  });

  it.each([
    [60_000, ['* 9-16 * * *'], '2026-03-02T08:59:00Z', '2026-03-02T17:00:00Z'],
    [1_000, ['* * * * * 1-5'], '2026-03-01T23:59:59Z', '2026-03-07T00:00:00Z'],
    [500, ['0 0 9 * * *'], '2026-03-02T08:59:59.500Z', '2026-03-02T09:00:01Z'],
  ])('of %i ms is cancelled where %j say so', (period, lines, last, next) => {
    const schedule = new IntervalSchedule(0, period, new Exclusions(lines, 'UTC', ID));
    expect(new Date(schedule.next(Date.parse(last)) ?? 0).toISOString()).toBe(new Date(next).toISOString());
  });

  it('all of which is cancelled ends', () => {
    expect(new IntervalSchedule(0, 60_000, new Exclusions(['* * * * *'], 'UTC', ID)).next(0)).toBeNull();
  });
});

describe('notes and warnings', () => {
  it('flags what comes right after a gap, and both passes of a fold', () => {
    const fixed = new CronSchedule('30 2 * * *', NEW_YORK, [], ID);
    expect(fixed.note(Date.parse('2026-03-08T07:00:00Z'))).toBe('gap');
    expect(fixed.note(Date.parse('2026-03-09T06:30:00Z'))).toBeNull();
    const hourly = new CronSchedule('30 * * * *', NEW_YORK, [], ID);
    expect(hourly.note(Date.parse('2026-11-01T05:30:00Z'))).toBe('fold');
    expect(hourly.note(Date.parse('2026-11-01T06:30:00Z'))).toBe('fold');
    expect(hourly.note(Date.parse('2026-11-01T07:30:00Z'))).toBeNull();
  });

  it('warn where the clocks skip or repeat its time within 12 months', () => {
    const from = Date.parse('2026-01-01T00:00:00Z');
    expect(new CronSchedule('30 2 * * *', NEW_YORK, [], ID).warnings(from).map(({ code }) => code)).toEqual([
      'dst_gap',
    ]);
    expect(new CronSchedule('30 1 * * *', NEW_YORK, [], ID).warnings(from).map(({ code }) => code)).toEqual([
      'dst_fold',
    ]);
    expect(new CronSchedule('30 12 * * *', NEW_YORK, [], ID).warnings(from)).toEqual([]);
    expect(new CronSchedule('30 * * * *', NEW_YORK, [], ID).warnings(from)).toEqual([]);
  });
});

/**
 * A second parser, for the property below: sets of minutes and hours, walked minute by minute over real time with the
 * zone's offset at each. Slow, and shares nothing with the first but the offsets of the IANA database.
 */
function walked(
  minutes: Set<number>,
  hours: Set<number>,
  isFixed: boolean,
  zone: IANAZone,
  from: number,
  to: number,
): number[] {
  const found: number[] = [];
  const shown = new Set<string>();
  for (let at = from - 3 * HOUR; at <= to; at += MINUTE) {
    const offset = zone.offset(at);
    const skipped = offset - zone.offset(at - MINUTE);
    const matches = (local: Date): boolean => minutes.has(local.getUTCMinutes()) && hours.has(local.getUTCHours());
    const local = new Date(at + offset * MINUTE);
    let fires = matches(local) && !(isFixed && shown.has(local.toISOString()));
    shown.add(local.toISOString());
    for (let back = 1; isFixed && back <= skipped; back += 1)
      fires ||= matches(new Date(local.getTime() - back * MINUTE));
    if (fires && at > from) found.push(at);
  }
  return found;
}

const ZONES = [
  NEW_YORK,
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Beirut',
  'Africa/Casablanca',
  'America/Havana',
  'Pacific/Chatham',
  'America/Santiago',
];
const CHANGES: { zone: string; change: ZoneTransition }[] = ZONES.flatMap((zone) =>
  zoneTransitions(zone, Date.UTC(2020, 0, 1), Date.UTC(2038, 0, 1)).map((change) => ({ zone, change })),
);

describe('over every change of the clocks from 2020 to 2037', () => {
  it('there are changes of both kinds in every zone', () => {
    for (const zone of ZONES) {
      const kinds = new Set(CHANGES.filter((one) => one.zone === zone).map(({ change }) => isGap(change)));
      expect(kinds.size, zone).toBe(2);
    }
  });

  it('the schedule has the instants of a second parser', () => {
    const minute = fc.oneof(
      fc
        .uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3 })
        .map((list) => ({ text: list.join(','), set: new Set(list), fixed: true })),
      fc.constantFrom(10, 15, 20).map((step) => ({ text: `*/${step}`, set: everyNth(60, step), fixed: false })),
    );
    const hour = fc.oneof(
      fc
        .uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 2 })
        .map((list) => ({ text: list.join(','), set: new Set(list), fixed: true })),
      fc
        .constantFrom(1, 2)
        .map((step) => ({ text: step === 1 ? '*' : `*/${step}`, set: everyNth(24, step), fixed: false })),
    );
    for (const { zone, change } of CHANGES) {
      fc.assert(
        fc.property(minute, hour, (m, h) => {
          const from = change.at - 3 * HOUR;
          const to = change.at + 3 * HOUR;
          const schedule = new CronSchedule(`${m.text} ${h.text} * * *`, zone, [], ID);
          const found: number[] = [];
          for (let at = schedule.next(from); at !== null && at <= to; at = schedule.next(at)) found.push(at);
          expect(found).toEqual(walked(m.set, h.set, m.fixed && h.fixed, IANAZone.create(zone), from, to));
        }),
        { numRuns: 4 },
      );
    }
  }, 60_000);
});

function everyNth(size: number, step: number): Set<number> {
  return new Set(Array.from({ length: size / step }, (_, index) => index * step));
}
