import type { Column } from '../core/bars.ts';
import { sma } from './sma.ts';
import { standardDeviation } from './standard-deviation.ts';

/** Columns `bollinger` keeps behind its outputs: the standard deviation. */
export const BOLLINGER_CARRIERS = 1;

/**
 * Bollinger bands, in the unit of the values: middle = SMA, upper and lower = middle +- width * standard deviation of the
 * population (divisor `period`; Bollinger, 2001; TA-Lib). NaN for the first `period - 1` rows and wherever the window holds a NaN.
 *
 * Fills `columns` (upper, middle, lower, then BOLLINGER_CARRIERS carriers) from row `from` on, given that an earlier call filled
 * the rows before. Returns them. Throws a TypeError for a bad period.
 */
export function bollinger(
  values: Column,
  period: number,
  width = 2,
  columns: readonly Column[] = Array.from({ length: 3 + BOLLINGER_CARRIERS }, () => new Float64Array(values.length)),
  from = 0,
): readonly Column[] {
  const [upper, middle, lower, deviation] = columns as readonly [Column, Column, Column, Column];
  sma(values, period, middle, from);
  standardDeviation(values, period, 0, deviation, from);
  for (let i = from; i < values.length; i++) {
    const reach = width * deviation[i]!;
    upper[i] = middle[i]! + reach;
    lower[i] = middle[i]! - reach;
  }
  return columns;
}
