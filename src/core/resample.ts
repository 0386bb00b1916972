import { type Bars, type Column, createBars } from './bars.ts';
import { intervalName } from './interval.ts';

const WEEK = 604_800_000;
// 1969-12-29, the Monday before 1970.
const MONDAY = -259_200_000;

/** Bars of a higher interval, and what is known of them at the closes of the bars they were made from. */
export interface Resampled {
  /** The last one may still be forming: `closed` says from when on each is complete. */
  readonly bars: Bars;
  /** For each base row, how many of `bars` are closed at its close. */
  readonly closed: Int32Array;
}

/**
 * The boundary of intervals of that length (ms) at or before `time` (ms UTC): multiples since 1970; whole weeks begin on Mondays.
 */
export function boundaryBefore(time: number, interval: number): number {
  const anchor = interval % WEEK === 0 ? MONDAY : 0;
  return anchor + Math.floor((time - anchor) / interval) * interval;
}

/**
 * Bars of a higher interval (ms, a multiple of theirs): open of the first, highest high, lowest low, close of the last, sum of the volumes;
 * volumes are added in the order of time, so sums in steps (1h to 4h to 1d) agree with those in one to rounding only, and exactly where they are
 * whole. A higher bar is closed at the first base close at or after its end, though its last base bars be missing: which is how far a row can
 * see without knowing what comes. A bar that reaches into the next interval counts to the one it opens in; one that opens before
 * the close of the bar before it, to the interval in which that one closes. Throws a TypeError where the interval is no multiple.
 */
export function resample(bars: Bars, interval: number): Resampled {
  checkHigherInterval(interval, bars.intervalMs);
  const { length, openTime, open, high, low, close, volume, intervalMs } = bars;
  const closed = new Int32Array(length);
  const columns = {
    openTime: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  };
  let last = -1;
  let end = -Infinity;
  let before = -Infinity;
  for (let row = 0; row < length; row++) {
    const place = Math.max(openTime[row]!, before);
    before = openTime[row]! + intervalMs;
    if (place >= end) {
      last++;
      columns.openTime[last] = boundaryBefore(place, interval);
      end = columns.openTime[last]! + interval;
      columns.open[last] = open[row]!;
      columns.high[last] = high[row]!;
      columns.low[last] = low[row]!;
    } else {
      if (high[row]! > columns.high[last]!) columns.high[last] = high[row]!;
      if (low[row]! < columns.low[last]!) columns.low[last] = low[row]!;
    }
    columns.close[last] = close[row]!;
    columns.volume[last]! += volume[row]!;
    closed[row] = before >= end ? last + 1 : last;
  }
  const cut = (column: Float64Array) => column.slice(0, last + 1);
  const higher = {
    openTime: cut(columns.openTime),
    open: cut(columns.open),
    high: cut(columns.high),
    low: cut(columns.low),
    close: cut(columns.close),
    volume: cut(columns.volume),
  };
  return { bars: createBars(bars.market, interval, higher), closed };
}

/** A column of the higher bars at the base rows: at each the value of the last closed higher bar, NaN before the first. */
export function asOf({ closed }: Resampled, higher: Column): Column {
  const column = new Float64Array(closed.length);
  for (let row = 0; row < closed.length; row++) column[row] = closed[row]! > 0 ? higher[closed[row]! - 1]! : Number.NaN;
  return column;
}

/** Throws a TypeError unless `interval` is a multiple of `base` (ms), which it may equal. */
export function checkHigherInterval(interval: number, base: number): void {
  if (interval >= base && interval % base === 0) return;
  throw new TypeError(
    `Expected an interval that is a multiple of the bars' own ${intervalName(base)}, received ${intervalName(interval)}; only higher intervals can be made of lower ones`,
  );
}
