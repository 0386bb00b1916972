import type { Column } from '../core/bars.ts';
import { simpleReturn } from './returns.ts';
import { standardDeviation } from './standard-deviation.ts';

/** Columns `volatility` keeps behind its output: the returns. */
export const VOLATILITY_CARRIERS = 1;

/**
 * Standard deviation of the last `period` simple returns from row to row, as a fraction per row: divisor `period - 1`, not
 * annualised. NaN for the first `period` rows and wherever the window holds a NaN.
 *
 * Fills `columns` (the deviation, then VOLATILITY_CARRIERS carriers) from row `from` on, given that an earlier call filled the
 * rows before. Returns the deviation. Throws a TypeError for a period that is no whole number >= 2.
 */
export function volatility(
  values: Column,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + VOLATILITY_CARRIERS }, () => new Float64Array(values.length)),
  from = 0,
): Column {
  const [deviation, change] = columns as readonly [Column, Column];
  simpleReturn(values, 1, change, from);
  return standardDeviation(change, period, 1, deviation, from);
}
