import { automaticLags, longRunVariance } from './long-run-variance.ts';
import { studentTwoSided } from './student.ts';

export interface MeanTest {
  readonly mean: number;
  /** `mean / sqrt(V / n)`. */
  readonly statistic: number;
  /** Two-sided, Student t with n - 1 degrees of freedom. */
  readonly pValue: number;
  readonly lags: number;
}

/**
 * Is the mean different from zero, when values may depend on the ones before? V is the Bartlett long-run variance (divisor n, no
 * small-sample factor; Newey and West 1987). Null for fewer than two values, a value that is not finite, or V within rounding of 0.
 */
export function neweyWestMean(values: Float64Array, lags: number = automaticLags(values.length)): MeanTest | null {
  const n = values.length;
  if (n < 2) return null;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  const mean = sum / n;
  const variance = longRunVariance(values, lags, 'bartlett');
  if (!(variance > (squares / n) * 1e-28)) return null;
  const statistic = mean / Math.sqrt(variance / n);
  return { mean, statistic, pValue: studentTwoSided(statistic, n - 1), lags };
}
