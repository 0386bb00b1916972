import type { Column } from '../core/bars.ts';
import { exponential, smooth } from './smoothing.ts';

/**
 * Exponential moving average, weight 2 / (period + 1), seeded with the mean of the first `period` values (TA-Lib), in their
 * unit. NaN for the first `period - 1` rows; after a NaN the seeding starts afresh.
 *
 * Fills `into` from row `from` on, given that an earlier call filled the rows before. Throws a TypeError for a bad period.
 */
export function ema(values: Column, period: number, into?: Column, from?: number): Column {
  return smooth(values, exponential(period), into, from);
}
