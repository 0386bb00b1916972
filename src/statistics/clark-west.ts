import { type Kernel, longRunVariance } from './long-run-variance.ts';
import { normalCdf } from './normal.ts';

export interface ClarkWest {
  /** > 0: the larger model forecasts better than the smaller one that it contains. Null where undefined; `reason` then says why. */
  readonly statistic: number | null;
  /** One-sided: small where the larger model is better. */
  readonly pValue: number | null;
  /** Bars compared. */
  readonly bars: number;
  /** `bartlett` flags that the rectangular kernel gave no positive variance. */
  readonly kernel: Kernel | null;
  readonly reason: string | null;
}

/**
 * Is a model better than one that it contains, such as a regression than the last price (a forecast of 0)? The larger model carries the noise
 * of what it estimates in vain, so that equal errors mean it is better; Clark and West (2007) give that noise back:
 * `f = (a - small)^2 - (a - large)^2 + (small - large)^2`, statistic `mean f / sqrt(V / T)`, p from the standard normal.
 *
 * Columns of equal length, oldest first, rows with a NaN left out; `horizon` in bars. V is the long-run variance of f to lag horizon - 1, divisor T,
 * rectangular, or Bartlett's where that is not positive. Throws a RangeError for a horizon that is not a whole number >= 1.
 */
export function clarkWest(actual: Float64Array, small: Float64Array, large: Float64Array, horizon: number): ClarkWest {
  if (!Number.isInteger(horizon) || horizon < 1) throw new RangeError(`Expected a horizon of whole bars >= 1, received ${horizon}`);
  const adjusted = actual
    .map((value, i) => {
      const ofSmall = value - small[i]!;
      const ofLarge = value - large[i]!;
      const between = small[i]! - large[i]!;
      return ofSmall * ofSmall - ofLarge * ofLarge + between * between;
    })
    .filter(Number.isFinite);
  const bars = adjusted.length;
  const refused = (reason: string): ClarkWest => ({ statistic: null, pValue: null, bars, kernel: null, reason });
  if (bars < 2 || bars <= horizon) return refused(`${bars} scored bars are too few for a horizon of ${horizon}`);
  let mean = 0;
  let largest = 0;
  for (let i = 0; i < bars; i++) {
    mean += adjusted[i]! / bars;
    largest = Math.max(largest, Math.abs(adjusted[i]!));
  }
  // Variances below this are rounding errors of a difference that never changes.
  const least = largest * largest * 1e-28;
  const rectangular = longRunVariance(adjusted, horizon - 1, 'rectangular');
  const kernel: Kernel = rectangular > least ? 'rectangular' : 'bartlett';
  const variance = kernel === 'rectangular' ? rectangular : longRunVariance(adjusted, horizon - 1, 'bartlett');
  if (!(variance > least)) return refused('the adjusted difference of losses never changes');
  const statistic = mean / Math.sqrt(variance / bars);
  return { statistic, pValue: normalCdf(-statistic), bars, kernel, reason: null };
}
