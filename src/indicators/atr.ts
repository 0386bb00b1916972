import type { Bars, Column } from '../core/bars.ts';
import { smooth, wilder } from './smoothing.ts';

export type Ranges = Pick<Bars, 'length' | 'high' | 'low' | 'close'>;

/** Columns `atr` keeps behind its output: the true range. */
export const ATR_CARRIERS = 1;

/** Wilder's true range from the row before to row i: the larger of the bar's range and its reach from the close before; NaN for row 0. */
export function trueRange({ high, low, close }: Ranges, i: number): number {
  if (i === 0) return Number.NaN;
  const before = close[i - 1]!;
  return Math.max(high[i]! - low[i]!, Math.abs(high[i]! - before), Math.abs(low[i]! - before));
}

/**
 * Average true range in quote currency: Wilder's average of the true range, which is known from row 1 on (Wilder, 1978;
 * TA-Lib). NaN for the first `period` rows.
 *
 * Fills `columns` (the average, then ATR_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows
 * before. Returns the average. Throws a TypeError for a bad period.
 */
export function atr(
  bars: Ranges,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + ATR_CARRIERS }, () => new Float64Array(bars.length)),
  from = 0,
): Column {
  const [average, range] = columns as readonly [Column, Column];
  for (let i = from; i < bars.length; i++) range[i] = trueRange(bars, i);
  return smooth(range, wilder(period), average, from);
}
