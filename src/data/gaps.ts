const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The regular session of the New York Stock Exchange, 09:30 to 16:00. */
const SESSION = 6.5 * HOUR;
/** Fewer closed weekdays in a row are holidays or storms; four are the closure of September 2001, the longest since 1933. */
const CLOSURE_WEEKDAYS = 4;

/** When a market trades: every interval of every day, or weekdays in New York. */
export type Calendar = '24/7' | 'nyse';

/** Bars that should lie between two neighbours and do not. */
export interface Gap {
  /** Row of the bar after the gap. */
  readonly row: number;
  /** Opening times, ms UTC, of the last bar before and the first bar after the gap. */
  readonly from: number;
  readonly to: number;
  /** How many bars are missing between them. */
  readonly missing: number;
}

/**
 * How many bars are missing between two neighbouring opening times (ms UTC), 0 where they follow each other.
 *
 * `24/7`: every interval counts. `nyse`: within one day (UTC) every interval; between days the weekdays without a bar, times the bars
 * of a session, if there are four or more of them. Intervals above a day are counted as in `24/7`.
 */
export function missingBars(from: number, to: number, intervalMs: number, calendar: Calendar): number {
  const fromDay = Math.floor(from / DAY);
  const toDay = Math.floor(to / DAY);
  if (calendar === '24/7' || intervalMs > DAY || fromDay === toDay) return Math.max(0, Math.round((to - from) / intervalMs) - 1);
  const weekdays = weekdaysBefore(toDay) - weekdaysBefore(fromDay + 1);
  return weekdays < CLOSURE_WEEKDAYS ? 0 : weekdays * Math.ceil(SESSION / intervalMs);
}

/** Whether an opening time lies on the grid of the first; a New York session moves by an hour in UTC with daylight saving time. */
export function isAligned(time: number, first: number, intervalMs: number, calendar: Calendar): boolean {
  const offset = (time - first) % intervalMs;
  return offset === 0 || (calendar === 'nyse' && (offset === HOUR || offset === intervalMs - HOUR));
}

/** Mondays to Fridays from Monday 1970-01-05 up to, not including, `day` (days since 1970-01-01); negative before. */
function weekdaysBefore(day: number): number {
  const sinceMonday = day - 4;
  const weeks = Math.floor(sinceMonday / 7);
  return weeks * 5 + Math.min(5, sinceMonday - weeks * 7);
}
