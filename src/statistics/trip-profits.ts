import { defined } from './defined.ts';
import type { RoundTrip } from './round-trip.ts';

/** Net profits of the closed trips, quote, in the order given; open ones are neither won nor lost yet. */
export function closedProfits(trips: readonly RoundTrip[]): Float64Array {
  return Float64Array.from(trips.flatMap((trip) => (trip.open || trip.profit === null ? [] : [trip.profit])));
}

/** Share of trips with a net profit > 0. Null without a closed trip: nothing was won or lost. */
export function winRate(profits: Float64Array): number | null {
  return defined(gains(profits).count / profits.length);
}

/** Sum of net profits / |sum of net losses|. Null without a loss: the quotient is unbounded, and no number stands for that. */
export function profitFactor(profits: Float64Array): number | null {
  const lost = losses(profits).sum;
  return lost === 0 ? null : defined(gains(profits).sum / Math.abs(lost));
}

/** Mean net profit of a trip, quote. Null without a closed trip. */
export function expectancy(profits: Float64Array): number | null {
  return defined((gains(profits).sum + losses(profits).sum) / profits.length);
}

/** Mean net profit of the winning trips, quote; null without one. */
export function averageWin(profits: Float64Array): number | null {
  const { sum, count } = gains(profits);
  return defined(sum / count);
}

/** Mean net loss of the losing trips, quote, negative; null without one. */
export function averageLoss(profits: Float64Array): number | null {
  const { sum, count } = losses(profits);
  return defined(sum / count);
}

/** Most trips in a row with a net loss; a trip that came out even ends a run. */
export function longestLosingRun(profits: Float64Array): number {
  let longest = 0;
  let run = 0;
  for (const profit of profits) {
    run = profit < 0 ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

function gains(profits: Float64Array): { sum: number; count: number } {
  return total(profits, 1);
}

function losses(profits: Float64Array): { sum: number; count: number } {
  return total(profits, -1);
}

function total(profits: Float64Array, sign: 1 | -1): { sum: number; count: number } {
  let sum = 0;
  let count = 0;
  for (const profit of profits) {
    if (profit * sign > 0) {
      sum += profit;
      count++;
    }
  }
  return { sum, count };
}
