import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextOpening } from '../../src/core/calendar.ts';
import { dayOf, newYorkInstant } from '../../src/core/new-york.ts';
import { isAligned, missingBars } from '../../src/data/gaps.ts';
import { DAY, HOUR } from './market.ts';

const MINUTE = HOUR / 60;
const missing = (intervalMs: number, from: string, to: string) => missingBars(Date.parse(from), Date.parse(to), intervalMs, 'nyse');

describe('bars missing in New York', () => {
  test('are none over a weekend, a holiday or a closure of days', () => {
    expect(missing(DAY, '2024-01-12', '2024-01-16')).toBe(0);
    expect(missing(DAY, '2012-10-26', '2012-10-31')).toBe(0);
    expect(missing(HOUR, '2012-10-26T19:30Z', '2012-10-31T13:30Z')).toBe(0);
  });

  test('are sessions for bars of a day, however it is stamped', () => {
    expect(missing(DAY, '2024-01-12', '2024-01-18')).toBe(2);
    expect(missing(DAY, '2024-03-08T05:00Z', '2024-03-13T04:00Z')).toBe(2);
    expect(missing(DAY, '2024-03-08T14:30Z', '2024-03-13T13:30Z')).toBe(2);
    // A stray bar of a Saturday fills no session.
    expect(missing(DAY, '2024-01-06', '2024-01-09')).toBe(1);
  });

  test('are those of a session, by the clock or from its opening on', () => {
    expect(missing(HOUR, '2024-01-03T14:00Z', '2024-01-03T18:00Z')).toBe(3);
    expect(missing(HOUR, '2024-01-03T20:00Z', '2024-01-05T14:00Z')).toBe(7);
    expect(missing(HOUR, '2024-01-03T19:30Z', '2024-01-04T15:30Z')).toBe(2);
    expect(missing(30 * MINUTE, '2024-01-03T20:30Z', '2024-01-04T14:30Z')).toBe(0);
  });

  test('are fewer where the session closed early or opened late', () => {
    // 3 July 2024: bars of 9:00 to 12:00.
    expect(missing(HOUR, '2024-07-02T19:00Z', '2024-07-05T13:00Z')).toBe(4);
    expect(missing(HOUR, '2024-07-03T14:00Z', '2024-07-05T13:00Z')).toBe(2);
    // From 9:30 on, the bar of 11:30 is the last of two hours that opens before 13:00; by the clock it is that of 12:00.
    expect(missing(2 * HOUR, '2024-07-03T15:30Z', '2024-07-05T13:30Z')).toBe(0);
    expect(missing(2 * HOUR, '2024-07-03T14:00Z', '2024-07-05T12:00Z')).toBe(1);
    // 11 September 2002 opened at 12:00.
    expect(missing(HOUR, '2002-09-10T19:00Z', '2002-09-11T16:00Z')).toBe(0);
  });

  test('are as many as are taken out of a run of expected bars', () => {
    const run = fc.record({
      start: fc.integer({ min: dayOf(1990, 1, 1), max: dayOf(2030, 1, 1) }),
      intervalMs: fc.constantFrom(5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, DAY),
      clock: fc.boolean(),
      taken: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(run, ({ start, intervalMs, clock, taken }) => {
        const opening = clock ? Math.floor((9.5 * HOUR) / intervalMs) * intervalMs : 9.5 * HOUR;
        const from = nextOpening('nyse', DAY, newYorkInstant(start, opening + (clock && intervalMs === DAY ? 9 * HOUR : 0)));
        let to = nextOpening('nyse', intervalMs, from);
        for (let k = 0; k < taken; k++) to = nextOpening('nyse', intervalMs, to);
        // The late openings of 1995, 1996 and 2002 have bars fewer than the run.
        fc.pre(![dayOf(1995, 12, 18), dayOf(1996, 1, 8), dayOf(2002, 9, 11)].some((day) => from <= (day + 1) * DAY && to >= day * DAY));
        expect(missingBars(from, to, intervalMs, 'nyse')).toBe(taken);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  test('are those of 1950 to 2199 where times make no sense', () => {
    expect(missingBars(-1e300, 1e300, HOUR, 'nyse')).toBe(missing(HOUR, '1949-12-31', '2200-01-02'));
  });
});

describe('bars on the grid', () => {
  test('of weeks may open after a holiday', () => {
    const monday = Date.parse('2024-05-20');
    expect(isAligned(Date.parse('2024-05-28'), monday, 7 * DAY, 'nyse')).toBe(true);
    expect(isAligned(Date.parse('2024-05-28'), monday, 7 * DAY, '24/7')).toBe(false);
    expect(isAligned(Date.parse('2024-05-28T02:00Z'), monday, 7 * DAY, 'nyse')).toBe(false);
  });
});
