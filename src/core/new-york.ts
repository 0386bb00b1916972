const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Eastern Standard Time, ms behind UTC. */
const BEHIND = 5 * HOUR;

const summers = new Map<number, readonly [from: number, to: number]>();

/**
 * New York's clock less UTC at an instant, ms: -4 h in summer time, else -5 h.
 *
 * Exact from 1950 on, as long as the law stays: last Sunday of April to last Sunday of September until 1954 and of October until 1966
 * (New York's own rule); to last Sunday of October from last Sunday of April (Uniform Time Act, 1967), 6 January 1974, 23 February 1975,
 * last Sunday of April again (1976), first Sunday of April (1987); second Sunday of March to first Sunday of November (Energy Policy Act
 * of 2005, from 2007). Clocks change at 2:00 of the time that ends.
 */
export function newYorkOffset(time: number): number {
  const year = new Date(time).getUTCFullYear();
  const summer = summers.get(year) ?? summerOf(year);
  summers.set(year, summer);
  return time >= summer[0] && time < summer[1] ? HOUR - BEHIND : -BEHIND;
}

/** The instant, ms UTC, at which New York's clock shows `clock` ms after midnight on a day (days since 1970-01-01); not for the hour of a change. */
export function newYorkInstant(day: number, clock: number): number {
  const standard = day * DAY + clock + BEHIND;
  return standard - (newYorkOffset(standard) + BEHIND);
}

function summerOf(year: number): readonly [from: number, to: number] {
  const from = year >= 2007 ? sunday(year, 3, 8) : year >= 1987 ? sunday(year, 4, 1) : startBefore1987(year);
  const to = year >= 2007 ? sunday(year, 11, 1) : year >= 1955 ? sunday(year, 10, 25) : sunday(year, 9, 24);
  return [from * DAY + 2 * HOUR + BEHIND, to * DAY + HOUR + BEHIND];
}

function startBefore1987(year: number): number {
  if (year === 1974) return dayOf(1974, 1, 6);
  return year === 1975 ? dayOf(1975, 2, 23) : sunday(year, 4, 24);
}

/** The first Sunday on or after a date, as days since 1970-01-01. */
function sunday(year: number, month: number, date: number): number {
  return weekdayFrom(dayOf(year, month, date), 0);
}

/** Days since 1970-01-01 of a date of the Gregorian calendar; months from 1. */
export function dayOf(year: number, month: number, date: number): number {
  return Date.UTC(year, month - 1, date) / DAY;
}

/** 0 for a Sunday to 6 for a Saturday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The first day from `day` on that is a weekday of that number. */
export function weekdayFrom(day: number, weekday: number): number {
  return day + ((weekday - weekdayOf(day) + 7) % 7);
}
