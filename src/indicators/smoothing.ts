import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';
import { quotient } from './quotient.ts';

/** How a recursive average starts and moves. All lengths in rows. */
export interface Smoothing {
  /** Weight of the newest value, in (0, 1]. */
  readonly weight: number;
  /** Known values in a row before the first result. */
  readonly start: number;
  /** The last so many of them are summed ... */
  readonly window: number;
  /** ... and divided by this to seed the average. */
  readonly divisor: number;
}

/** Weight 2 / (period + 1), seeded with the mean of the first `period` values: the EMA of TA-Lib. */
export function exponential(period: number): Smoothing {
  checkPeriod(period);
  return { weight: 2 / (period + 1), start: period, window: period, divisor: period };
}

/** Weight 1 / period, seeded with the mean of the first `period` values (Wilder, 1978). */
export function wilder(period: number): Smoothing {
  checkPeriod(period);
  return { weight: 1 / period, start: period, window: period, divisor: period };
}

/**
 * average[i] = average[i-1] + weight * (value[i] - average[i-1]). A NaN gives NaN and starts the seeding afresh.
 *
 * Fills `into` from row `from` on, given that an earlier call filled the rows before: the average itself is all the memory.
 */
export function smooth(values: Column, smoothing: Smoothing, into: Column = new Float64Array(values.length), from = 0): Column {
  const { weight, start, window, divisor } = smoothing;
  let average = from > 0 ? into[from - 1]! : Number.NaN;
  let known = Number.isNaN(average) ? knownBefore(values, from, start - 1) : start;
  for (let i = from; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      known = 0;
      average = Number.NaN;
    } else if (known === start) {
      average += weight * (value - average);
    } else if (++known === start) {
      average = windowSum(values, i + 1 - window, i + 1, divisor);
    }
    into[i] = average;
  }
  return into;
}

/** How many known values stand in a row right before row `end`; counts up to `most`. */
function knownBefore(values: Column, end: number, most: number): number {
  let count = 0;
  while (count < most && count < end && !Number.isNaN(values[end - 1 - count]!)) count++;
  return count;
}

/** Sum of the rows `from` to `to` (excluded) over `divisor`, rounded once, so that the mean of equal values is that value. */
function windowSum(values: Column, from: number, to: number, divisor: number): number {
  let sum = 0;
  let error = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    const next = sum + value;
    const added = next - sum;
    error += sum - (next - added) + (value - added);
    sum = next;
  }
  return quotient(sum, error, divisor);
}
