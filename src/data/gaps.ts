import type { CalendarName } from '../core/calendar.ts';
import { END, FIRST, sessionsBefore } from '../core/nyse.ts';
import { newYorkDay, phaseOf, placeInSession, placesOn } from '../core/session-bars.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export type Calendar = CalendarName;

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
 * How many bars are missing between two opening times (ms UTC, the earlier first), 0 where they follow each other.
 *
 * `24/7`: every interval counts. `nyse`: sessions, and below a day the bars of each from its opening to its close, from 1950 to 2199;
 * weeks as in `24/7`. Holidays and what follows an early close are no gap.
 */
export function missingBars(from: number, to: number, intervalMs: number, calendar: Calendar): number {
  if (to - from === intervalMs) return 0;
  if (calendar === '24/7' || intervalMs > DAY) return Math.max(0, Math.round((to - from) / intervalMs) - 1);
  if (intervalMs < DAY) return missingInSessions(from, to, intervalMs);
  return Math.max(0, sessionsBefore(Math.floor(to / DAY)) - sessionsBefore(Math.floor(from / DAY) + 1));
}

function missingInSessions(from: number, to: number, intervalMs: number): number {
  const [firstDay, lastDay] = [newYorkDay(from), newYorkDay(to)];
  const [after, before] = [placeInSession(intervalMs, from) + 1, placeInSession(intervalMs, to)];
  const phase = phaseOf(intervalMs, from);
  let missing = 0;
  // Times that make no sense must not be counted day by day.
  for (let day = Math.max(firstDay, FIRST); day <= Math.min(lastDay, END); day++) {
    const [first, end] = placesOn(intervalMs, day, phase);
    const begins = day === firstDay ? Math.max(first, after) : first;
    const ends = day === lastDay ? Math.min(end, before) : end;
    missing += Math.max(0, ends - begins);
  }
  return missing;
}

/**
 * Whether an opening time lies on the grid of the first. A New York session moves by an hour in UTC with daylight saving time, and after
 * a holiday a week begins on another day.
 */
export function isAligned(time: number, first: number, intervalMs: number, calendar: Calendar): boolean {
  const grid = calendar === 'nyse' ? Math.min(intervalMs, DAY) : intervalMs;
  const offset = (time - first) % grid;
  return offset === 0 || (calendar === 'nyse' && (offset === HOUR || offset === grid - HOUR));
}

/** Under 24/7, bars of sessions have a gap after more than this share of them; by their own calendar after a tenth of those at most. */
const SESSION_GAPS = 0.05;
/** Fewer gaps are no pattern. */
const FEWEST_GAPS = 4;

/** The calendar that bars (opening times, ms UTC, ascending) look like: New York's where it explains the gaps that they would have around the clock. */
export function likelyCalendar(openTime: Float64Array, intervalMs: number): Calendar {
  const gaps = (calendar: Calendar) => {
    let count = 0;
    for (let row = 1; row < openTime.length; row++) if (missingBars(openTime[row - 1]!, openTime[row]!, intervalMs, calendar) > 0) count++;
    return count;
  };
  const around = gaps('24/7');
  return around >= FEWEST_GAPS && around > openTime.length * SESSION_GAPS && gaps('nyse') * 10 <= around ? 'nyse' : '24/7';
}
