/** How autocovariances are weighted: all alike, or falling linearly to zero at lag L + 1, which keeps the sum from being negative. */
export type Kernel = 'rectangular' | 'bartlett';

/**
 * Long-run variance `g0 + 2 sum w_j g_j`, j = 1 .. lags, with `g_j = (1/n) sum (x_t - mean)(x_{t-j} - mean)` and
 * `w_j = 1` (rectangular) or `1 - j / (lags + 1)` (Bartlett; Newey and West 1987). Values finite; NaN for none.
 */
export function longRunVariance(values: Float64Array, lags: number, kernel: Kernel): number {
  let center = 0;
  for (let i = 0; i < values.length; i++) center += values[i]!;
  center /= values.length;
  let variance = autocovariance(values, center, 0);
  for (let lag = 1; lag <= lags; lag++) {
    const weight = kernel === 'bartlett' ? 1 - lag / (lags + 1) : 1;
    variance += 2 * weight * autocovariance(values, center, lag);
  }
  return variance;
}

/** The usual automatic number of lags, `floor(4 (n / 100)^(2/9))` (Newey and West 1994), at most n - 1. */
export function automaticLags(length: number): number {
  return Math.max(0, Math.min(length - 1, Math.floor(4 * Math.exp((Math.log(length / 100) * 2) / 9))));
}

function autocovariance(values: Float64Array, center: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += (values[i]! - center) * (values[i - lag]! - center);
  return sum / values.length;
}
