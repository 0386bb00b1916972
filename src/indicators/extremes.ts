import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';

/**
 * The least of the last `period` values. NaN for the first `period - 1` rows and wherever the window holds a NaN.
 *
 * Each window is the end of one block of `period` rows and the start of the next (van Herk, 1992): the cost per row does not
 * depend on the period. Fills `into` from row `from` on, given that an earlier call filled the rows before. Throws a TypeError
 * for a bad period.
 */
export function rollingMin(values: Column, period: number, into: Column = new Float64Array(values.length), from = 0): Column {
  return extreme(Math.min, Infinity, values, period, into, from);
}

/** The greatest of the last `period` values. Otherwise as `rollingMin`. */
export function rollingMax(values: Column, period: number, into: Column = new Float64Array(values.length), from = 0): Column {
  return extreme(Math.max, -Infinity, values, period, into, from);
}

type Choice = (a: number, b: number) => number;

function extreme(choose: Choice, none: number, values: Column, period: number, into: Column, from: number): Column {
  checkPeriod(period);
  const { length } = values;
  // The extreme of the block before from offset j to its end; unknown before the first block, none at its end.
  const ends = new Float64Array(period + 1).fill(Number.NaN);
  ends[period] = none;
  for (let block = from - (from % period); block < length; block += period) {
    let chosen = none;
    for (let j = period - 1; j > 0 && block > 0; j--) {
      chosen = choose(chosen, values[block - period + j]!);
      ends[j] = chosen;
    }
    chosen = none;
    const end = Math.min(block + period, length);
    for (let i = block, j = 1; i < end; i++, j++) {
      chosen = choose(chosen, values[i]!);
      into[i] = choose(ends[j]!, chosen);
    }
  }
  return into;
}
