import { defined } from './defined.ts';
import { automaticLags, longRunVariance } from './long-run-variance.ts';
import { mean, standardDeviation } from './moments.ts';

/** Annual volatility: `sd x sqrt(periodsPerYear)`, sd with divisor n - 1. Null for fewer than two returns. */
export function volatility(returns: Float64Array, periodsPerYear: number): number | null {
  const deviation = standardDeviation(returns);
  return deviation === null ? null : defined(deviation * Math.sqrt(periodsPerYear));
}

/**
 * Annual Sharpe ratio: `mean / sd x sqrt(periodsPerYear)`, sd with divisor n - 1, risk-free rate 0 (Sharpe 1994).
 * Null for fewer than two returns or none that differ: a curve that never moved has no risk to be paid for, and 0 would call that a bad reward.
 */
export function sharpe(returns: Float64Array, periodsPerYear: number): number | null {
  const ratio = sharpePerPeriod(returns);
  return ratio === null ? null : defined(ratio * Math.sqrt(periodsPerYear));
}

/** Sharpe ratio per bar, `mean / sd`, not annualised: what the probabilistic Sharpe ratio takes. Null as for `sharpe`. */
export function sharpePerPeriod(returns: Float64Array): number | null {
  const average = mean(returns);
  const deviation = standardDeviation(returns);
  return average === null || deviation === null || deviation === 0 ? null : defined(average / deviation);
}

/**
 * Annual downside deviation: `sqrt(mean(min(r, 0)^2)) x sqrt(periodsPerYear)`, divisor all n returns, target 0 (Sortino and van der Meer 1991).
 * Null without returns.
 */
export function downsideDeviation(returns: Float64Array, periodsPerYear: number): number | null {
  let sum = 0;
  for (let i = 0; i < returns.length; i++) {
    const below = Math.min(returns[i]!, 0);
    sum += below * below;
  }
  return defined(Math.sqrt((sum / returns.length) * periodsPerYear));
}

/**
 * Annual Sortino ratio: `mean / sqrt(mean(min(r, 0)^2)) x sqrt(periodsPerYear)`, target 0.
 * Null for fewer than two returns or without a loss: nothing was risked downwards, so no ratio exists.
 */
export function sortino(returns: Float64Array, periodsPerYear: number): number | null {
  const average = mean(returns);
  const downside = downsideDeviation(returns, periodsPerYear);
  if (returns.length < 2 || average === null || downside === null || downside === 0) return null;
  return defined((average * periodsPerYear) / downside);
}

/**
 * Standard error of the annual Sharpe ratio for independent normal returns: `sqrt((1 + SR^2 / 2) / n) x sqrt(periodsPerYear)`,
 * SR per bar (Lo 2002, equation 9). Null where the Sharpe ratio is.
 */
export function sharpeStandardError(returns: Float64Array, periodsPerYear: number): number | null {
  const ratio = sharpePerPeriod(returns);
  return ratio === null ? null : defined(Math.sqrt(((1 + (ratio * ratio) / 2) / returns.length) * periodsPerYear));
}

/**
 * The same for returns that depend on each other and need not be normal: `sqrt(V / n) x sqrt(periodsPerYear)`, V the Bartlett long-run
 * variance of each return's influence on SR, `(r - m) / s - SR / 2 x ((r - m)^2 / s^2 - 1)`, moments with divisor n: Lo (2002), equations
 * 12 to 14, his matrix product written out. Without lags V is Mertens' (2002) `1 - skew SR + (kurtosis - 1) / 4 SR^2`.
 * Null where the Sharpe ratio is, or V within rounding of 0.
 */
export function sharpeStandardErrorAdjusted(
  returns: Float64Array,
  periodsPerYear: number,
  lags: number = automaticLags(returns.length),
): number | null {
  const n = returns.length;
  const average = mean(returns);
  const deviation = standardDeviation(returns);
  if (average === null || deviation === null || deviation === 0) return null;
  const scale = deviation * Math.sqrt((n - 1) / n);
  const ratio = average / scale;
  const influence = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const distance = (returns[i]! - average) / scale;
    influence[i] = distance - (ratio / 2) * (distance * distance - 1);
  }
  const variance = longRunVariance(influence, lags, 'bartlett');
  return variance > 1e-28 ? defined(Math.sqrt((variance / n) * periodsPerYear)) : null;
}
