import { newYorkInstant, newYorkOffset } from './new-york.ts';
import { CLOSE, isSession, nextSession, OPEN, sessionHours, sessionsBefore } from './nyse.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * Bars of a New York session, 09:30 to 16:00, that are shorter than a day. They open at multiples of the interval, by New York's clock
 * (09:00, 10:00 ... 15:00) or from the opening of the session on (09:30, 10:30 ... 15:30); a place counts both from 0.
 */
export function barsPerSession(intervalMs: number): number {
  return Math.ceil((CLOSE * MINUTE) / intervalMs) - Math.floor((OPEN * MINUTE) / intervalMs);
}

/** Whether a session has as many bars by the clock as from its opening on. */
export function fitsSession(intervalMs: number): boolean {
  return barsPerSession(intervalMs) === Math.ceil(((CLOSE - OPEN) * MINUTE) / intervalMs);
}

/** The date in New York of an instant (ms UTC), as days since 1970-01-01. */
export function newYorkDay(time: number): number {
  return Math.floor((time + newYorkOffset(time)) / DAY);
}

/** The place of a bar that opens at an instant in the session of its day; negative before the session, beyond the last after it. */
export function placeInSession(intervalMs: number, time: number): number {
  const local = time + newYorkOffset(time);
  return Math.floor((local - Math.floor(local / DAY) * DAY - firstOpening(intervalMs)) / intervalMs);
}

/**
 * Places that have a bar on a day: the first, and the one after the last; a session that closes early ends before. Both 0 on a day without.
 * `phase` is how long after a multiple of the interval by the clock bars open, ms (30 minutes for 10:30, 11:30 ...).
 */
export function placesOn(intervalMs: number, day: number, phase: number): readonly [first: number, end: number] {
  const hours = sessionHours(day);
  if (!hours) return [0, 0];
  const start = firstOpening(intervalMs) + phase;
  return [Math.floor((hours[0] * MINUTE - start) / intervalMs), Math.ceil((hours[1] * MINUTE - start) / intervalMs)];
}

/** See `placesOn`, of a bar that opens at an instant. */
export function phaseOf(intervalMs: number, time: number): number {
  const local = time + newYorkOffset(time);
  return (local - Math.floor(local / DAY) * DAY) % intervalMs;
}

/** Bars from 1950 on up to one that opens at an instant, those that early closes left out counted; what lies outside a session counts to its edge. */
export function sessionBarsBefore(intervalMs: number, time: number): number {
  const day = newYorkDay(time);
  const bars = barsPerSession(intervalMs);
  const place = isSession(day) ? Math.min(Math.max(placeInSession(intervalMs, time), 0), bars) : 0;
  return sessionsBefore(day) * bars + place;
}

/** When the next bar opens after one that opens at an instant, ms UTC: in the same session, else in the next, by the same clock. */
export function nextSessionBar(intervalMs: number, time: number): number {
  const day = newYorkDay(time);
  const phase = phaseOf(intervalMs, time);
  const [, end] = placesOn(intervalMs, day, phase);
  if (placeInSession(intervalMs, time) + 1 < end) return time + intervalMs;
  return newYorkInstant(nextSession(day), firstOpening(intervalMs) + phase);
}

/** When the first bar by the clock opens, ms after midnight. */
function firstOpening(intervalMs: number): number {
  return Math.floor((OPEN * MINUTE) / intervalMs) * intervalMs;
}
