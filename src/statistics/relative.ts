import { defined } from './defined.ts';
import { mean } from './moments.ts';
import { sharpe } from './sharpe.ts';

/** A strategy against holding, from their returns bar by bar. */
export interface Relative {
  readonly alpha: number | null;
  readonly beta: number | null;
  readonly informationRatio: number | null;
}

/**
 * Alpha, beta and information ratio of a strategy's returns against those of holding, aligned bar by bar, risk-free rate 0.
 * Throws a RangeError where the two differ in length.
 */
export function relative(strategyReturns: Float64Array, holdingReturns: Float64Array, periodsPerYear: number): Relative {
  if (strategyReturns.length !== holdingReturns.length) {
    throw new RangeError(
      `Expected returns of holding for the same ${strategyReturns.length} bars, received ${holdingReturns.length}; align both curves first`,
    );
  }
  const slope = beta(strategyReturns, holdingReturns);
  return {
    alpha: alpha(strategyReturns, holdingReturns, slope, periodsPerYear),
    beta: slope,
    informationRatio: informationRatio(strategyReturns, holdingReturns, periodsPerYear),
  };
}

/** Slope of the regression on holding, `cov(s, h) / var(h)` (the divisor cancels). Null for fewer than two bars or where holding never moved. */
export function beta(strategyReturns: Float64Array, holdingReturns: Float64Array): number | null {
  const strategyMean = mean(strategyReturns);
  const holdingMean = mean(holdingReturns);
  if (strategyMean === null || holdingMean === null) return null;
  let covariance = 0;
  let variance = 0;
  let squares = 0;
  for (let i = 0; i < holdingReturns.length; i++) {
    const distance = holdingReturns[i]! - holdingMean;
    covariance += distance * (strategyReturns[i]! - strategyMean);
    variance += distance * distance;
    squares += holdingReturns[i]! * holdingReturns[i]!;
  }
  // A sum of squares this small beside the returns themselves is rounding, and its quotient chance.
  return variance > squares * 1e-28 ? defined(covariance / variance) : null;
}

/**
 * Jensen's alpha a year: the mean of `s - beta h` per bar, compounded as `(1 + a)^periodsPerYear - 1` (the convention of empyrical and
 * NautilusTrader). Null where beta is.
 */
export function alpha(
  strategyReturns: Float64Array,
  holdingReturns: Float64Array,
  slope: number | null,
  periodsPerYear: number,
): number | null {
  const strategyMean = mean(strategyReturns);
  const holdingMean = mean(holdingReturns);
  if (slope === null || strategyMean === null || holdingMean === null) return null;
  return defined(Math.expm1(periodsPerYear * Math.log1p(strategyMean - slope * holdingMean)));
}

/**
 * Information ratio: the Sharpe ratio of `s - h`, that is mean / sd (divisor n - 1) x sqrt(periodsPerYear) (Goodwin 1998).
 * Null where the difference never changes: a strategy that is holding has no active risk.
 */
export function informationRatio(strategyReturns: Float64Array, holdingReturns: Float64Array, periodsPerYear: number): number | null {
  const active = strategyReturns.map((value, i) => value - holdingReturns[i]!);
  return sharpe(active, periodsPerYear);
}
