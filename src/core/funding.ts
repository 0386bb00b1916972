import type { Bars, Column } from './bars.ts';

/** What longs paid to shorts at each instant, as a fraction of the position's notional; negative: what they received. Oldest first. */
export interface FundingRates {
  /** ms UTC. */
  readonly time: Float64Array;
  readonly rate: Float64Array;
}

// A step this much longer than the usual one lacks rates.
const MISSING = 1.5;

/**
 * The rates on a market's bars: at each the sum of those after the bar before opened, up to its own opening. NaN where rates are missing: before
 * the first, more than a usual step after the last, and within steps half as long again as the usual one, their median.
 */
export function alignFunding({ openTime, length }: Bars, { time, rate }: FundingRates): Column {
  const column = new Float64Array(length);
  const usual = medianStep(time);
  let next = 0;
  for (let row = 0; row < length; row++) {
    const now = openTime[row]!;
    const before = row === 0 ? -Infinity : openTime[row - 1]!;
    while (next < time.length && time[next]! <= before) next++;
    let sum = 0;
    for (; next < time.length && time[next]! <= now; next++) {
      const late = next > 0 && time[next]! - time[next - 1]! > MISSING * usual;
      sum = late && before < time[next]! - usual ? Number.NaN : sum + rate[next]!;
    }
    const last = time[next - 1];
    const ahead = time[next] ?? Infinity;
    // Nothing was due yet where the next instant is the usual step away from the last one.
    const due = last === undefined || (now >= last + usual && ahead - last > MISSING * usual);
    column[row] = due ? Number.NaN : sum;
  }
  return column;
}

function medianStep(time: Float64Array): number {
  if (time.length < 2) return Infinity;
  const steps = new Float64Array(time.length - 1);
  for (let k = 0; k < steps.length; k++) steps[k] = time[k + 1]! - time[k]!;
  return steps.sort()[steps.length >>> 1]!;
}
