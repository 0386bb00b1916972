import { defined } from './defined.ts';
import { normalCdf, normalQuantile } from './normal.ts';

/** What is known of a Sharpe ratio; all per period, nothing annualised. */
export interface SharpeEstimate {
  /** `mean / sd` of the returns. */
  readonly sharpe: number;
  /** Number of returns. */
  readonly length: number;
  readonly skew: number;
  /** Plain, 3 for the normal: excess kurtosis here is a known error of two well-known libraries. */
  readonly kurtosis: number;
}

const EULER = 0.5772156649015329;

/**
 * Probabilistic Sharpe ratio: the probability that the true ratio is above `benchmark`,
 * `Phi((SR - SR*) sqrt(T - 1) / sqrt(1 - skew SR + (kurtosis - 1) / 4 SR^2))` (Bailey and Lopez de Prado 2012).
 * Null for fewer than two returns, or where the moments leave no positive variance.
 */
export function probabilisticSharpe(estimate: SharpeEstimate, benchmark: number): number | null {
  const variance = unitVariance(estimate);
  if (estimate.length < 2 || !(variance > 0)) return null;
  return defined(normalCdf(((estimate.sharpe - benchmark) * Math.sqrt(estimate.length - 1)) / Math.sqrt(variance)));
}

/**
 * The highest Sharpe ratio to expect of `trials` strategies without skill whose ratios have this `variance`:
 * `sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e)))`, g Euler's constant (Bailey and Lopez de Prado 2014). 0 for one trial: nothing was selected.
 * Throws a RangeError for fewer trials.
 */
export function expectedMaximumSharpe(variance: number, trials: number): number {
  if (!(trials >= 1)) throw new RangeError(`Expected at least 1 trial, the one in question, received ${trials}`);
  if (trials === 1) return 0;
  // Z(1 - p) = -Z(p), which keeps its digits for many trials.
  return -Math.sqrt(variance) * ((1 - EULER) * normalQuantile(1 / trials) + EULER * normalQuantile(1 / (trials * Math.E)));
}

/** Deflated Sharpe ratio: the probabilistic one against the best of `trials` without skill; `variance` is that of the trials' ratios, per period. */
export function deflatedSharpe(estimate: SharpeEstimate, variance: number, trials: number): number | null {
  return probabilisticSharpe(estimate, expectedMaximumSharpe(variance, trials));
}

/**
 * Minimum track record length in periods: `1 + (1 - skew SR + (kurtosis - 1) / 4 SR^2) (Z(1 - alpha) / (SR - SR*))^2`, how many returns
 * it takes to say at level `alpha` that the ratio is above `benchmark` (Bailey and Lopez de Prado 2012). Null where it is not above: no length suffices.
 */
export function minimumTrackRecordLength(estimate: Omit<SharpeEstimate, 'length'>, benchmark: number, alpha = 0.05): number | null {
  const variance = unitVariance(estimate);
  if (!(estimate.sharpe > benchmark) || !(variance > 0)) return null;
  const ratio = normalQuantile(alpha) / (estimate.sharpe - benchmark);
  return defined(1 + variance * ratio * ratio);
}

/** Variance of an estimated Sharpe ratio times the number of returns (Mertens 2002). */
function unitVariance({ sharpe, skew, kurtosis }: Omit<SharpeEstimate, 'length'>): number {
  return 1 - skew * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe;
}
