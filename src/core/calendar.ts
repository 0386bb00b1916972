import { newYorkInstant, newYorkOffset } from './new-york.ts';
import { nextSession, sessionsBefore } from './nyse.ts';
import { barsPerSession, fitsSession, nextSessionBar, sessionBarsBefore } from './session-bars.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const YEAR_DAYS = 365.25;
const YEAR_SESSIONS = 252;

/** When a market has bars: around the clock, or in the sessions of the New York Stock Exchange (see `nyse.ts`). */
export type CalendarName = '24/7' | 'nyse';

/**
 * Bars a year, declared and never estimated: 365.25 days / interval around the clock; for nyse 252 sessions of one bar, or of so many as
 * the interval has in 09:30 to 16:00 (7 of 1h), and 52 bars of a week. Throws a TypeError for an interval that no session fits.
 */
export function periodsPerYear(calendar: CalendarName, intervalMs: number): number {
  if (calendar === '24/7') return (YEAR_DAYS * DAY) / intervalMs;
  if (intervalMs === WEEK) return 52;
  if (intervalMs === DAY) return YEAR_SESSIONS;
  if (intervalMs < DAY && fitsSession(intervalMs)) return YEAR_SESSIONS * barsPerSession(intervalMs);
  throw new TypeError(
    `Expected with calendar nyse an interval of 1w, 1d, or one such as 4h, 1h or 5m with as many bars a session by the clock as from its opening, received ${intervalMs} ms; use calendar: { periodsPerYear: ... } for others`,
  );
}

/**
 * The slot of a bar: the number of bars expected between `anchor` and its opening, missing ones counted; negative before the anchor.
 *
 * Around the clock that is time / interval. For nyse it counts sessions, times the bars of a session for intervals below a day: the
 * places of an early close's afternoon stay empty. A bar on a day without session shares the slot of the session after it. A bar of a
 * day belongs to the date of its opening in UTC, be that midnight UTC, New York's midnight or the opening of the session.
 */
export function slotOf(calendar: CalendarName, intervalMs: number, anchor: number, openTime: number): number {
  if (calendar === '24/7') return Math.floor((openTime - anchor) / intervalMs);
  return expectedBefore(intervalMs, openTime) - expectedBefore(intervalMs, anchor);
}

/**
 * When the next bar opens that the calendar expects after one, ms UTC: an interval later around the clock; for nyse in the same session,
 * or at the same clock of the next.
 */
export function nextOpening(calendar: CalendarName, intervalMs: number, openTime: number): number {
  if (calendar === '24/7' || intervalMs > DAY) return openTime + intervalMs;
  if (intervalMs < DAY) return nextSessionBar(intervalMs, openTime);
  const day = Math.floor(openTime / DAY);
  const next = nextSession(day);
  if (openTime === day * DAY) return next * DAY;
  return newYorkInstant(next, openTime + newYorkOffset(openTime) - day * DAY);
}

/** Bars of nyse from some day on, up to the one that opens at `time`. */
function expectedBefore(intervalMs: number, time: number): number {
  if (intervalMs < DAY) return sessionBarsBefore(intervalMs, time);
  const day = Math.floor(time / DAY);
  // Days since a Monday.
  return intervalMs === DAY ? sessionsBefore(day) : Math.floor((day + 3) / (intervalMs / DAY));
}
