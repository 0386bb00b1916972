import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dayOf, weekdayOf } from '../../src/core/new-york.ts';
import { isSession, nextSession, sessionHours, sessionOf, sessionsBefore } from '../../src/core/nyse.ts';
import { easterSunday } from '../../src/core/nyse-holidays.ts';

const DATA = '../shared/data';
const DAY = 86_400_000;
const dateOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);
const day = (date: string) => Date.parse(date) / DAY;
const days = (from: string, to: string) => Array.from({ length: day(to) - day(from) + 1 }, (_, k) => day(from) + k);
/** Weekdays without session, as MM-DD. */
const closedIn = (year: number) =>
  days(`${year}-01-01`, `${year}-12-31`)
    .filter((each) => weekdayOf(each) % 6 !== 0 && !isSession(each))
    .map((each) => dateOf(each).slice(5));
const closing = (date: string) => sessionHours(day(date))?.[1];

describe('Easter', () => {
  // Dates of the Astronomical Applications Department of the US Naval Observatory; 1954, 1981 and 2049 are cases of old formulas' exceptions.
  it.each([
    '1818-03-22',
    '1943-04-25',
    '1954-04-18',
    '1961-04-02',
    '1981-04-19',
    '2000-04-23',
    '2008-03-23',
    '2024-03-31',
    '2025-04-20',
    '2038-04-25',
    '2049-04-18',
  ])('is on %s', (date) => {
    expect(dateOf(easterSunday(Number(date.slice(0, 4))))).toBe(date);
  });
});

describe('the holidays of the New York Stock Exchange', () => {
  // Holiday calendars published by the exchange (nyse.com, Holidays and Trading Hours), and for 2025 the day of mourning for President Carter.
  it.each([
    [2021, '01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24'],
    [2022, '01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26'],
    [2023, '01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25'],
    [2024, '01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25'],
    [2025, '01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25'],
    [2026, '01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25'],
    [2027, '01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24'],
    [2028, '01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25'],
  ])('of %i are those it published', (year, expected) => {
    expect(closedIn(year)).toEqual(expected.split(' '));
  });

  // By hand from the exchange's list of special closings since 1885.
  it.each([
    [1963, 'the funeral of President Kennedy', '01-01 02-22 04-12 05-30 07-04 09-02 11-05 11-25 11-28 12-25'],
    [1969, 'snow, Eisenhower, the landing on the moon', '01-01 02-10 02-21 03-31 04-04 05-30 07-04 07-21 09-01 11-27 12-25'],
    [1994, 'the funeral of President Nixon', '02-21 04-01 04-27 05-30 07-04 09-05 11-24 12-26'],
    [2001, 'the attacks of 11 September', '01-01 01-15 02-19 04-13 05-28 07-04 09-03 09-11 09-12 09-13 09-14 11-22 12-25'],
    [2012, 'the hurricane Sandy', '01-02 01-16 02-20 04-06 05-28 07-04 09-03 10-29 10-30 11-22 12-25'],
  ])('of %i are by rule, and %s', (year, _, expected) => {
    expect(closedIn(year)).toEqual(expected.split(' '));
  });

  // From 12 June to the end of the year there are 29 Wednesdays; six weeks had another closing.
  it('of 1968 are 23 Wednesdays of the paperwork crisis besides, and a day of mourning', () => {
    expect(closedIn(1968).filter((date) => weekdayOf(day(`1968-${date}`)) === 3 && date !== '12-25')).toHaveLength(23);
    expect(isSession(day('1968-04-09'))).toBe(false);
    expect(isSession(day('1968-07-03'))).toBe(true);
  });

  // pandas_market_calendars 5.5.0, whose NYSE follows the exchange's archive.
  it('leave as many sessions in each year from 1950 to 2025 as pandas_market_calendars counts, Saturdays until May 1952 among them', () => {
    const counts = Array.from({ length: 76 }, (_, k) => sessionsBefore(dayOf(1951 + k, 1, 1)) - sessionsBefore(dayOf(1950 + k, 1, 1)));
    expect(counts).toEqual([
      281, 283, 271, 251, 252, 252, 251, 252, 252, 253, 252, 250, 252, 251, 253, 252, 252, 251, 226, 250, 254, 253, 251, 252, 253, 253, 253,
      252, 252, 253, 253, 253, 253, 253, 253, 252, 253, 253, 253, 252, 253, 253, 254, 253, 252, 252, 254, 253, 252, 252, 252, 248, 252, 252,
      252, 252, 251, 251, 253, 252, 252, 252, 250, 252, 252, 252, 252, 251, 251, 252, 253, 252, 251, 250, 252, 250,
    ]);
  });

  it('are not known before 1950 and after 2199, where every weekday counts', () => {
    expect(sessionsBefore(dayOf(1950, 1, 1))).toBe(0);
    expect(sessionsBefore(dayOf(1949, 12, 24))).toBe(-5);
    expect([isSession(day('1949-12-30')), isSession(day('1949-12-31'))]).toEqual([true, false]);
    expect(sessionsBefore(dayOf(2200, 1, 8)) - sessionsBefore(dayOf(2200, 1, 1))).toBe(5);
  });

  it('are stepped over', () => {
    expect(dateOf(nextSession(day('2001-09-10')))).toBe('2001-09-17');
    expect(dateOf(nextSession(day('2024-11-27')))).toBe('2024-11-29');
  });
});

describe('the hours of a session', () => {
  it('are 09:30 to 16:00 in New York, an hour earlier in UTC in summer', () => {
    expect(sessionOf(day('2024-01-02'))).toEqual({ open: Date.parse('2024-01-02T14:30Z'), close: Date.parse('2024-01-02T21:00Z') });
    expect(sessionOf(day('2024-07-02'))).toEqual({ open: Date.parse('2024-07-02T13:30Z'), close: Date.parse('2024-07-02T20:00Z') });
    expect(sessionOf(day('2024-07-04'))).toBeUndefined();
  });

  it('were shorter once', () => {
    expect(
      ['1952-09-26', '1952-09-29', '1974-09-30', '1974-10-01', '1985-09-26', '1985-09-30'].map((date) => sessionHours(day(date))),
    ).toEqual([
      [600, 900],
      [600, 930],
      [600, 930],
      [600, 960],
      [600, 960],
      [570, 960],
    ]);
    expect(sessionHours(day('1952-05-24'))).toEqual([600, 720]);
  });

  // Early closings published by the exchange for these years.
  it.each([
    [2012, '07-03 11-23 12-24'],
    [2013, '07-03 11-29 12-24'],
    [2020, '11-27 12-24'],
    [2021, '11-26'],
    [2024, '07-03 11-29 12-24'],
    [2025, '07-03 11-28 12-24'],
    [2026, '11-27 12-24'],
    [2027, '11-26'],
    [2028, '07-03 11-24'],
  ])('end at 13:00 in %i on the days that the exchange published', (year, expected) => {
    const early = days(`${year}-01-01`, `${year}-12-31`).filter((each) => sessionHours(each)?.[1] === 780);
    expect(early.map((each) => dateOf(each).slice(5))).toEqual(expected.split(' '));
  });

  it('ended early on other days of the past', () => {
    expect(['1992-11-27', '1993-11-26', '1997-12-26', '1999-12-31', '1996-07-05', '2002-07-05', '2003-12-26'].map(closing)).toEqual([
      840, 780, 780, 780, 780, 780, 780,
    ]);
    expect(['1991-11-29', '1994-07-05', '2002-07-03', '2012-07-05', '2013-07-05'].map(closing)).toEqual([960, 960, 960, 960, 960]);
    expect(['1987-10-30', '1987-11-11', '1997-10-27'].map(closing)).toEqual([840, 930, 930]);
    expect(sessionHours(day('2002-09-11'))).toEqual([720, 960]);
  });
});

describe.skipIf(!existsSync(DATA))('sessions and daily bars (skipped where ../shared/data is absent)', () => {
  const datesOf = (name: string) =>
    readFileSync(`${DATA}/${name}`, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.slice(0, 10));

  it.each([
    ['SPY-1d-lean.csv', [], []],
    ['AAPL-1d-lean-unadjusted.csv', [], []],
    ['IBM-1d-lean-unadjusted.csv', [], []],
    // Nasdaq traded while the hurricane Gloria kept the New York Stock Exchange closed; this file also lacks a day.
    ['AAPL-1d-stooq.csv', ['1999-11-16'], ['1985-09-27']],
  ] as const)('%s has a bar on every session but %j and on no other day but %j', (name, without, besides) => {
    const dates = datesOf(name);
    const sessions = days(dates[0]!, dates.at(-1)!).filter(isSession).map(dateOf);
    const [bars, open] = [new Set(dates), new Set(sessions)];
    expect(dates.length).toBeGreaterThan(5000);
    expect(sessions.filter((date) => !bars.has(date))).toEqual(without);
    expect(dates.filter((date) => !open.has(date))).toEqual(besides);
  });
});
