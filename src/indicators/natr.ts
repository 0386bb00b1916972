import type { Column } from '../core/bars.ts';
import { ATR_CARRIERS, atr, type Ranges } from './atr.ts';

/** Columns `natr` keeps behind its output: the average true range and its own carriers. */
export const NATR_CARRIERS = 1 + ATR_CARRIERS;

/**
 * Average true range in percent of the close: 100 * atr / close (TA-Lib). NaN for the first `period` rows.
 *
 * Fills `columns` (the ratio, then NATR_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows
 * before. Returns the ratio. Throws a TypeError for a bad period.
 */
export function natr(
  bars: Ranges,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + NATR_CARRIERS }, () => new Float64Array(bars.length)),
  from = 0,
): Column {
  const [ratio, ...carriers] = columns as readonly [Column, ...Column[]];
  const average = atr(bars, period, carriers, from);
  for (let i = from; i < bars.length; i++) ratio[i] = 100 * (average[i]! / bars.close[i]!);
  return ratio;
}
