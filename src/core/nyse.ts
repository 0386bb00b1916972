import { dayOf, newYorkInstant, weekdayOf } from './new-york.ts';
import { earlyClose, holidays, specialClosures } from './nyse-holidays.ts';

/**
 * The trading days of the New York Stock Exchange and their hours. Days are whole days since 1970-01-01 of the date in New York.
 *
 * Sessions are exact from 1950 to 2025 and follow the rules of 2025 to 2199: a closure announced since is not known. Before and after,
 * every Monday to Friday counts. Hours are exact from 1985-09-30 (09:30 to 16:00), but for delays and halts of less than half an hour;
 * before, they are the regular ones of their time.
 */
const FIRST_YEAR = 1950;
const LAST_YEAR = 2199;
/** The first of the days that rules are known for, and the one after the last. */
export const FIRST = dayOf(FIRST_YEAR, 1, 1);
export const END = dayOf(LAST_YEAR + 1, 1, 1);
const LAST_SATURDAY = dayOf(1952, 5, 24);

/** Of today: the session that slots are counted by. Minutes after midnight in New York. */
export const OPEN = 570;
export const CLOSE = 960;

/** Openings and closings, minutes after midnight, that follow no rule: Christmas Eves, storms, the weeks after the crash of 1987, failures. */
const HOURS: Readonly<Record<string, readonly [open: number, close: number]>> = {
  ...eachOf('1987-10-23 1987-10-26 1987-10-27 1987-10-28 1987-10-29 1987-10-30', OPEN, 840),
  ...eachOf('1987-11-02 1987-11-03 1987-11-04', OPEN, 870),
  ...eachOf('1987-11-05 1987-11-06', OPEN, 900),
  ...eachOf('1987-11-09 1987-11-10 1987-11-11', OPEN, 930),
  ...eachOf('1989-11-10', 660, CLOSE),
  ...eachOf('1990-12-24 1991-12-24 1992-11-27 1992-12-24', OPEN, 840),
  ...eachOf('1994-02-11', OPEN, 870),
  ...eachOf('1995-12-18', 630, CLOSE),
  ...eachOf('1996-01-08', 660, 840),
  ...eachOf('1997-10-27', OPEN, 930),
  ...eachOf('1997-12-26 1999-12-31 2003-12-26', OPEN, 780),
  ...eachOf('2002-09-11', 720, CLOSE),
};

function eachOf(dates: string, open: number, close: number): Record<number, readonly [open: number, close: number]> {
  return Object.fromEntries(dates.split(' ').map((date) => [Date.parse(date) / 86_400_000, [open, close]]));
}

let counted: Int32Array | undefined;

/** Whether the exchange trades on a day. */
export function isSession(day: number): boolean {
  return sessionsBefore(day + 1) > sessionsBefore(day);
}

/** Sessions from 1950-01-01 up to, not including, a day; negative before. One look into a table. */
export function sessionsBefore(day: number): number {
  if (day < FIRST) return weekdaysBefore(day) - weekdaysBefore(FIRST);
  counted ??= countSessions();
  return day <= END ? counted[day - FIRST]! : counted[END - FIRST]! + weekdaysBefore(day) - weekdaysBefore(END);
}

/** The first session after a day. */
export function nextSession(day: number): number {
  let next = day + 1;
  while (!isSession(next)) next++;
  return next;
}

/** When a day's session opens and closes, minutes after midnight in New York; undefined on a day without. */
export function sessionHours(day: number): readonly [open: number, close: number] | undefined {
  if (!isSession(day)) return undefined;
  if (day >= dayOf(1985, 9, 30)) return HOURS[day] ?? [OPEN, earlyClose(day) ?? CLOSE];
  if (weekdayOf(day) === 6) return [600, 720];
  return [600, day >= dayOf(1974, 10, 1) ? 960 : day >= dayOf(1952, 9, 29) ? 930 : 900];
}

/** When a day's session opens and closes, ms UTC; undefined on a day without. */
export function sessionOf(day: number): { readonly open: number; readonly close: number } | undefined {
  const hours = sessionHours(day);
  return hours && { open: newYorkInstant(day, hours[0] * 60_000), close: newYorkInstant(day, hours[1] * 60_000) };
}

/** Mondays to Fridays since Monday 1970-01-05, up to, not including, a day. */
function weekdaysBefore(day: number): number {
  const weeks = Math.floor((day - 4) / 7);
  return weeks * 5 + Math.min(5, day - 4 - weeks * 7);
}

function countSessions(): Int32Array {
  const closed = new Set(specialClosures());
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) for (const day of holidays(year)) closed.add(day);
  const before = new Int32Array(END - FIRST + 1);
  for (let day = FIRST; day < END; day++) {
    const weekday = weekdayOf(day);
    const open = weekday >= 1 && weekday <= 5 ? true : weekday === 6 && tradedOnSaturday(day);
    before[day - FIRST + 1] = before[day - FIRST]! + (open && !closed.has(day) ? 1 : 0);
  }
  return before;
}

/** Until 1952-05-24, but for the summers from June to September. */
function tradedOnSaturday(day: number): boolean {
  const month = new Date(day * 86_400_000).getUTCMonth() + 1;
  return day <= LAST_SATURDAY && (month < 6 || month > 9);
}
