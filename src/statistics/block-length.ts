/** Average length of a bootstrap's blocks, in bars: 1 and below means that the order carries nothing. */
export interface BlockLength {
  /** Of the stationary bootstrap, whose blocks have random lengths (Politis and Romano 1994): the mean of those. */
  readonly stationary: number;
  /** Of the circular bootstrap, whose blocks have one length. */
  readonly circular: number;
}

/** Autocorrelations in a row that have to be insignificant: the paper's `max(5, sqrt(log10 n))` is 5 for any n below 1e25. */
const RUN = 5;

/**
 * The block length with the least error of the bootstrap's variance of the mean (Politis and White 2004, with the correction of Patton,
 * Politis and White 2009). Values finite, oldest first. Null for fewer than nine values, which have too few lags, and where all agree.
 *
 * `m` is the first lag of the first five in a row with `|rho| < 2 sqrt(log10(n) / n)` (as in the authors' program; the paper's is one less, at
 * least 1); `M = 2 m`, at most `ceil(sqrt n) + 5`. With the flat-top window
 * `w(t) = min(1, 2 (1 - t))` and the autocovariances `R_k`, `G = sum w(|k|/M) |k| R_k` and `g0 = sum w(|k|/M) R_k` over `|k| <= M`,
 * `b = (2 G^2 n / D)^(1/3)`, `D = 2 g0^2` (stationary) or `4/3 g0^2` (circular), at most `ceil(min(3 sqrt(n), n / 3))`.
 */
export function optimalBlockLength(values: Float64Array): BlockLength | null {
  const n = values.length;
  const most = Math.min(Math.ceil(Math.sqrt(n)) + RUN, n - 1);
  if (most < RUN + 2) return null;
  const { covariance, correlation } = autocovariances(values, most);
  if (covariance === null) return null;
  const lags = Math.min(2 * firstQuietLag(correlation, 2 * Math.sqrt(Math.log10(n) / n)), most);
  let slope = 0;
  let level = covariance[0]!;
  for (let k = 1; k <= lags; k++) {
    const weight = Math.min(1, 2 * (1 - k / lags));
    // Lags -k and k.
    slope += 2 * weight * k * covariance[k]!;
    level += 2 * weight * covariance[k]!;
  }
  const longest = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3));
  const ratio = slope / level;
  const length = (divisor: number) => Math.min(Math.cbrt((2 * ratio * ratio * n) / divisor), longest);
  return { stationary: length(2), circular: length(4 / 3) };
}

/** The first of `RUN` lags in a row whose correlations are all below the bound; beyond all lags where there is no such run. */
function firstQuietLag(correlation: Float64Array, bound: number): number {
  let quiet = 0;
  for (let lag = 1; lag < correlation.length; lag++) {
    quiet = Math.abs(correlation[lag]!) < bound ? quiet + 1 : 0;
    if (quiet === RUN) return lag - RUN + 1;
  }
  return correlation.length;
}

/**
 * Covariances `1/n sum e_t e_{t-k}` of the deviations from the mean, and the correlations of the n - k pairs, each side with its own sum of
 * squares; covariance null where nothing varies but by rounding.
 */
function autocovariances(values: Float64Array, most: number): { covariance: Float64Array | null; correlation: Float64Array } {
  const n = values.length;
  let mean = 0;
  let size = 0;
  for (let t = 0; t < n; t++) {
    mean += values[t]! / n;
    size += values[t]! * values[t]!;
  }
  const covariance = new Float64Array(most + 1);
  const correlation = new Float64Array(most + 1);
  for (let lag = 0; lag <= most; lag++) {
    let product = 0;
    let later = 0;
    let earlier = 0;
    for (let t = lag; t < n; t++) {
      const now = values[t]! - mean;
      const before = values[t - lag]! - mean;
      product += now * before;
      later += now * now;
      earlier += before * before;
    }
    covariance[lag] = product / n;
    correlation[lag] = later > 0 && earlier > 0 ? product / Math.sqrt(later * earlier) : 0;
  }
  return { covariance: covariance[0]! * n > size * 1e-28 ? covariance : null, correlation };
}
