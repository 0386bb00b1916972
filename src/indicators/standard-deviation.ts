import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';

/**
 * Standard deviation of the last `period` values, in their unit: sqrt(sum of squared deviations / (period - freedom)), where
 * `freedom` is 0 for a population and 1 for a sample. NaN for the first `period - 1` rows and wherever the window holds a NaN;
 * exactly 0 for equal values.
 *
 * Each window is the end of one block of `period` rows and the start of the next, both accumulated by Welford (1962) and joined
 * by Chan, Golub and LeVeque (1979): no large squares cancel, nothing runs from block to block, and the cost per row does not
 * depend on the period. Fills `into` from row `from` on, given that an earlier call filled the rows before. Throws a TypeError
 * for a period that is no whole number above `freedom`.
 */
export function standardDeviation(
  values: Column,
  period: number,
  freedom: 0 | 1,
  into: Column = new Float64Array(values.length),
  from = 0,
): Column {
  checkPeriod(period, 'period', freedom + 1);
  const { length } = values;
  // Mean and squares of the block before from offset j to its end; unknown before the first block, nothing at its end.
  const endMeans = new Float64Array(period + 1).fill(Number.NaN);
  const endSquares = new Float64Array(period + 1);
  endMeans[period] = 0;
  for (let block = from - (from % period); block < length; block += period) {
    // All these windows hold the block's first value: taken from there, deviations keep their digits at any level of the values.
    const level = values[block]!;
    let mean = 0;
    let squares = 0;
    for (let j = period - 1; j > 0 && block > 0; j--) {
      const value = values[block - period + j]! - level;
      const deviation = value - mean;
      mean += deviation / (period - j);
      squares += deviation * (value - mean);
      endMeans[j] = mean;
      endSquares[j] = squares;
    }
    mean = 0;
    squares = 0;
    const end = Math.min(block + period, length);
    for (let i = block, j = 1; i < end; i++, j++) {
      const value = values[i]! - level;
      const deviation = value - mean;
      mean += deviation / j;
      squares += deviation * (value - mean);
      const apart = mean - endMeans[j]!;
      into[i] = Math.sqrt((squares + endSquares[j]! + apart * apart * ((j * (period - j)) / period)) / (period - freedom));
    }
  }
  return into;
}
