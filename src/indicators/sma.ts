import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';
import { quotient } from './quotient.ts';

/**
 * Simple moving average: the mean of the last `period` values, in their unit. NaN for the first `period - 1` rows and
 * wherever the window holds a NaN.
 *
 * Each window is the end of one block of `period` rows and the start of the next (van Herk, 1992), both summed with their
 * rounding errors (Knuth's two-sum). Nothing runs from block to block, so nothing drifts: the mean is right to the last bit
 * for prices, and costs the same for any period.
 *
 * Fills `into` from row `from` on, given that an earlier call filled the rows before. Throws a TypeError for a bad period.
 */
export function sma(values: Column, period: number, into: Column = new Float64Array(values.length), from = 0): Column {
  checkPeriod(period);
  const { length } = values;
  // Sums of the block before from offset j to its end, and their errors; unknown before the first block, nothing at its end.
  const ends = new Float64Array(period + 1).fill(Number.NaN);
  const endErrors = new Float64Array(period + 1);
  ends[period] = 0;
  for (let block = from - (from % period); block < length; block += period) {
    let sum = 0;
    let error = 0;
    for (let j = period - 1; j > 0 && block > 0; j--) {
      const value = values[block - period + j]!;
      const next = sum + value;
      const added = next - sum;
      error += sum - (next - added) + (value - added);
      sum = next;
      ends[j] = sum;
      endErrors[j] = error;
    }
    sum = 0;
    error = 0;
    const end = Math.min(block + period, length);
    for (let i = block, j = 1; i < end; i++, j++) {
      const value = values[i]!;
      const next = sum + value;
      const added = next - sum;
      error += sum - (next - added) + (value - added);
      sum = next;
      const before = ends[j]!;
      const total = before + sum;
      const joined = total - before;
      into[i] = quotient(total, before - (total - joined) + (sum - joined) + (error + endErrors[j]!), period);
    }
  }
  return into;
}
