import { defined } from './defined.ts';

/**
 * Historical value at risk: the `share` quantile of returns per bar, linear between order statistics (Hyndman and Fan 1996, type 7).
 * A return, so losses are negative; not annualised. Null without returns.
 */
export function valueAtRisk(returns: Float64Array, share = 0.05): number | null {
  if (returns.length === 0) return null;
  const sorted = returns.slice().sort();
  // NaN sorts last: a return that is not known leaves every quantile unknown.
  if (Number.isNaN(sorted[sorted.length - 1])) return null;
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return defined(low + (position - below) * (high - low));
}

/** Historical expected shortfall: the mean of the returns at or below the value at risk (Rockafellar and Uryasev 2000). Null without returns. */
export function conditionalValueAtRisk(returns: Float64Array, share = 0.05): number | null {
  const bound = valueAtRisk(returns, share);
  if (bound === null) return null;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < returns.length; i++) {
    if (returns[i]! < bound) {
      sum += returns[i]!;
      count++;
    }
  }
  return defined(sum / count);
}
