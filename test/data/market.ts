import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { synthetic } from '../../src/data/synthetic.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const START = Date.UTC(2024, 0, 1);

/** Hourly bars of a seeded market from 2024-01-01 on. */
export function hourlyBars(count: number, seed = 1): Bars {
  return synthetic('white-noise', { bars: count, intervalMs: HOUR, start: START, seed }).bars;
}

/** The bars whose row is named, in that order, as columns; not necessarily tradable. */
export function pickRows(bars: Bars, rows: readonly number[]): Bars {
  const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
  return {
    ...sliceBars(bars, 0, 0),
    length: rows.length,
    openTime: pick(bars.openTime),
    open: pick(bars.open),
    high: pick(bars.high),
    low: pick(bars.low),
    close: pick(bars.close),
    volume: pick(bars.volume),
  };
}
