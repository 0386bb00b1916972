import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';
import { exponential, smooth } from './smoothing.ts';

/** In bars; `fast` is below `slow`. */
export interface MacdPeriods {
  readonly fast: number;
  readonly slow: number;
  readonly signal: number;
}

/** Columns `macd` keeps behind its outputs: both averages, and the line from its own first value on. */
export const MACD_CARRIERS = 3;

/** Throws a TypeError unless all three are whole numbers >= 1 and `fast` is below `slow`. */
export function checkMacdPeriods({ fast, slow, signal }: MacdPeriods): void {
  checkPeriod(fast, 'fast of macd');
  checkPeriod(slow, 'slow of macd', fast + 1);
  checkPeriod(signal, 'signal of macd');
}

/**
 * Moving average convergence divergence: line = fast EMA - slow EMA, signal = EMA of the line, histogram = line - signal, all
 * in the unit of the values. As TA-Lib: both averages start together (the fast one is seeded with the last `fast` of the first
 * `slow` values), and all three outputs with the signal, after `slow + signal - 2` rows of NaN.
 *
 * Fills `columns` (line, signal, histogram, then MACD_CARRIERS carriers) from row `from` on, given that an earlier call filled
 * the rows before. Returns them. Throws a TypeError for bad periods.
 */
export function macd(
  values: Column,
  { fast, slow, signal }: MacdPeriods,
  columns: readonly Column[] = Array.from({ length: 3 + MACD_CARRIERS }, () => new Float64Array(values.length)),
  from = 0,
): readonly Column[] {
  checkMacdPeriods({ fast, slow, signal });
  const [line, average, histogram, fastAverage, slowAverage, difference] = columns as readonly [
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
  ];
  smooth(values, { ...exponential(fast), start: slow }, fastAverage, from);
  smooth(values, exponential(slow), slowAverage, from);
  for (let i = from; i < values.length; i++) difference[i] = fastAverage[i]! - slowAverage[i]!;
  smooth(difference, exponential(signal), average, from);
  for (let i = from; i < values.length; i++) {
    histogram[i] = difference[i]! - average[i]!;
    line[i] = Number.isNaN(average[i]!) ? Number.NaN : difference[i]!;
  }
  return columns;
}
