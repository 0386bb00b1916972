const DAY = 86_400_000;
const YEAR_DAYS = 365.25;

/** When a market has bars: around the clock, or on New York's trading days. */
export type CalendarName = '24/7' | 'nyse';

/** Bars a year, declared and never estimated: 365.25 days / interval around the clock, 252 sessions of one bar for nyse. */
export function periodsPerYear(calendar: CalendarName, intervalMs: number): number {
  if (calendar === '24/7') return (YEAR_DAYS * DAY) / intervalMs;
  if (intervalMs === DAY) return 252;
  throw new TypeError(
    `Expected interval 1d with calendar nyse, received ${intervalMs} ms; use calendar: { periodsPerYear: ... } for others`,
  );
}

/**
 * The slot of a bar: the number of bars expected between `anchor` and its opening, missing ones counted. Around the clock that is
 * time / interval; for nyse the weekdays, so that a holiday is a slot without a bar. Negative before the anchor.
 */
export function slotOf(calendar: CalendarName, intervalMs: number, anchor: number, openTime: number): number {
  if (calendar === 'nyse' && intervalMs === DAY) return weekdayNumber(openTime) - weekdayNumber(anchor);
  return Math.floor((openTime - anchor) / intervalMs);
}

/** Weekdays since Monday 1969-12-29; a weekend day counts as the Friday before it. */
function weekdayNumber(time: number): number {
  const days = Math.floor(time / DAY) + 3;
  const weeks = Math.floor(days / 7);
  return weeks * 5 + Math.min(days - weeks * 7, 4);
}
