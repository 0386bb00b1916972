import { dayOf, weekdayFrom, weekdayOf } from './new-york.ts';

const [SUNDAY, MONDAY, TUESDAY, THURSDAY, FRIDAY, SATURDAY] = [0, 1, 2, 4, 5, 6];

/** Closures that follow no rule: funerals and mourning, weather, the paperwork crisis of 1968, single bridge days. */
const CLOSURES = `1950-11-11 1950-12-23 1956-12-24 1958-12-26 1961-05-29 1963-11-25 1968-02-12 1968-04-09 1968-06-12 1968-06-19
  1968-06-26 1968-07-05 1968-07-10 1968-07-17 1968-07-24 1968-07-31 1968-08-07 1968-08-14 1968-08-21 1968-08-28 1968-09-11 1968-09-18
  1968-09-25 1968-10-02 1968-10-09 1968-10-16 1968-10-23 1968-10-30 1968-11-11 1968-11-20 1968-12-04 1968-12-11 1968-12-18 1969-02-10
  1969-03-31 1969-07-21 1972-12-28 1973-01-25 1977-07-14 1985-09-27 1994-04-27 2001-09-11 2001-09-12 2001-09-13 2001-09-14 2004-06-11
  2007-01-02 2012-10-29 2012-10-30 2018-12-05 2025-01-09`;

/**
 * Days (since 1970-01-01) on which the New York Stock Exchange was closed outside the rules, 1950 to 2025, as its archive lists them
 * (special closings). Two are Saturdays of the time before 1952-06 when it traded on Saturdays.
 */
export function specialClosures(): readonly number[] {
  return CLOSURES.split(/\s+/).map((date) => Date.parse(date) / 86_400_000);
}

/**
 * The holidays of the New York Stock Exchange in a year from 1950 on, as days since 1970-01-01 in no order: its Rule 7.2 and the
 * calendars it publishes, before 1971 the holidays of that time. A Sunday's is kept on Monday; a Saturday's on Friday, but not New
 * Year's Day, whose Friday ends a year.
 */
export function holidays(year: number): readonly number[] {
  const days = [
    observed(dayOf(year, 1, 1), false),
    easterSunday(year) - 2,
    observed(dayOf(year, 7, 4), year >= 1954),
    weekdayFrom(dayOf(year, 9, 1), MONDAY),
    thanksgiving(year),
    observed(dayOf(year, 12, 25), year >= 1954),
  ];
  // Martin Luther King, Juneteenth.
  if (year >= 1998) days.push(weekdayFrom(dayOf(year, 1, 15), MONDAY));
  if (year >= 2022) days.push(observed(dayOf(year, 6, 19), true));
  // Washington's birthday and Memorial Day; Monday holidays by the law of 1968, from 1971 on.
  if (year >= 1971) days.push(weekdayFrom(dayOf(year, 2, 15), MONDAY), weekdayFrom(dayOf(year, 5, 25), MONDAY));
  else days.push(observed(dayOf(year, 2, 22), year >= 1964), observed(dayOf(year, 5, 30), year >= 1964 && year < 1970));
  // Elections: every year until 1967, then for presidents until 1980.
  if (year < 1968 || (year <= 1980 && year % 4 === 0)) days.push(weekdayFrom(dayOf(year, 11, 2), TUESDAY));
  // The birthday of Lincoln, Columbus Day, Armistice Day.
  if (year < 1954) days.push(...[dayOf(year, 2, 12), dayOf(year, 10, 12), dayOf(year, 11, 11)].map((day) => observed(day, false)));
  return days;
}

/**
 * When the exchange closes early by rule, minutes after midnight in New York: 780 (13:00) on the Friday after Thanksgiving (from 1993), on
 * 3 July before a holiday on a weekday and on 5 July after one on a Thursday (from 1995; from 2013 on 3 July instead), on Christmas Eve
 * from Monday to Thursday (from 1996). Undefined on other days.
 */
export function earlyClose(day: number): number | undefined {
  const date = new Date(day * 86_400_000);
  const year = date.getUTCFullYear();
  const monthDay = 100 * (date.getUTCMonth() + 1) + date.getUTCDate();
  const weekday = weekdayOf(day);
  const early =
    (year >= 1993 && monthDay > 1100 && monthDay < 1200 && day === thanksgiving(year) + 1) ||
    (year >= 1995 && monthDay === 703 && weekday >= MONDAY && weekday <= THURSDAY && (weekday !== 3 || year >= 2013)) ||
    (year >= 1995 && year < 2013 && monthDay === 705 && weekday === FRIDAY) ||
    (year >= 1996 && monthDay === 1224 && weekday >= MONDAY && weekday <= THURSDAY);
  return early ? 780 : undefined;
}

/**
 * Easter Sunday of the Gregorian calendar, as days since 1970-01-01: the anonymous computus of Nature (20 April 1876), as in Meeus,
 * Astronomical Algorithms, chapter 8.
 */
export function easterSunday(year: number): number {
  const a = year % 19;
  const century = Math.floor(year / 100);
  const c = year % 100;
  const g = Math.floor((8 * century + 13) / 25);
  const h = (19 * a + century - Math.floor(century / 4) - g + 15) % 30;
  const l = (32 + 2 * (century % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const since = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(since / 31), (since % 31) + 1);
}

function thanksgiving(year: number): number {
  return weekdayFrom(dayOf(year, 11, 22), THURSDAY);
}

function observed(day: number, onFriday: boolean): number {
  const weekday = weekdayOf(day);
  if (weekday === SUNDAY) return day + 1;
  return weekday === SATURDAY && onFriday ? day - 1 : day;
}
