import { type Kernel, longRunVariance } from './long-run-variance.ts';
import { studentCdf, studentTwoSided } from './student.ts';

export interface DieboldMariano {
  /** > 0: the model's loss is the smaller one. Null where undefined; `reason` then says why. */
  readonly statistic: number | null;
  /** Two-sided. */
  readonly pValue: number | null;
  /** One-sided: small where the model is better. */
  readonly pValueBetter: number | null;
  /** Bars compared. */
  readonly bars: number;
  /** Kernel of the variance: `bartlett` flags that the rectangular one was not positive. */
  readonly kernel: Kernel | null;
  readonly reason: string | null;
}

/**
 * Is one forecast better than another (Diebold and Mariano 1995)? `difference` is the loss of the baseline minus the loss of the model per
 * bar, oldest first, NaN where either is unscored (such bars are left out); `horizon` is that of the forecasts in bars.
 *
 * `mean / sqrt(V / T) x sqrt((T + 1 - 2h + h (h - 1) / T) / T)`, V the rectangular long-run variance to lag h - 1 with divisor T, p from
 * Student's t with T - 1 degrees of freedom (Harvey, Leybourne and Newbold 1997). Where that V is not positive, Bartlett's takes its place.
 * On rolling training windows it reads as Giacomini and White (2006). Throws a RangeError for a horizon that is not a whole number >= 1.
 */
export function dieboldMariano(difference: Float64Array, horizon: number): DieboldMariano {
  if (!Number.isInteger(horizon) || horizon < 1) throw new RangeError(`Expected a horizon of whole bars >= 1, received ${horizon}`);
  const scored = finiteOnly(difference);
  const bars = scored.length;
  const refused = (reason: string) => ({ statistic: null, pValue: null, pValueBetter: null, bars, kernel: null, reason });
  if (bars < 2 || bars <= horizon) return refused(`${bars} scored bars are too few for a horizon of ${horizon}`);
  let sum = 0;
  let largest = 0;
  for (let i = 0; i < bars; i++) {
    sum += scored[i]!;
    largest = Math.max(largest, Math.abs(scored[i]!));
  }
  if (largest === 0) return refused('both forecasts have the same loss on every bar');
  // Variances below this are rounding errors of a difference that never changes.
  const least = largest * largest * 1e-28;
  const rectangular = longRunVariance(scored, horizon - 1, 'rectangular');
  const kernel: Kernel = rectangular > least ? 'rectangular' : 'bartlett';
  const variance = kernel === 'rectangular' ? rectangular : longRunVariance(scored, horizon - 1, 'bartlett');
  if (!(variance > least)) return refused('the difference of losses never changes');
  const correction = Math.sqrt(((bars - horizon) * (bars - horizon + 1)) / bars / bars);
  const statistic = (sum / bars / Math.sqrt(variance / bars)) * correction;
  return {
    statistic,
    pValue: studentTwoSided(statistic, bars - 1),
    pValueBetter: studentCdf(-statistic, bars - 1),
    bars,
    kernel,
    reason: null,
  };
}

/** Squared error of the baseline minus that of the model, bar by bar; NaN where one of the three is not known. Returns, not prices. */
export function squaredLossDifference(actual: Float64Array, baseline: Float64Array, model: Float64Array): Float64Array {
  return actual.map((value, i) => {
    const ofBaseline = baseline[i]! - value;
    const ofModel = model[i]! - value;
    return ofBaseline * ofBaseline - ofModel * ofModel;
  });
}

/** Loss differences of one market and the close times (ms UTC, ascending) at which its forecasts were made. */
export interface MarketDifference {
  readonly closeTime: Float64Array;
  readonly difference: Float64Array;
}

/**
 * One series from several markets: the mean difference of the markets scored at each close time, in order of time. Markets move together, so
 * their bars of one instant are one observation, not several. Close times at which no market is scored are left out.
 */
export function averageDifference(markets: readonly MarketDifference[]): Float64Array {
  const next = new Int32Array(markets.length);
  const averages = new Float64Array(markets.reduce((bars, market) => bars + market.closeTime.length, 0));
  let length = 0;
  for (;;) {
    let time = Infinity;
    for (let m = 0; m < markets.length; m++) time = Math.min(time, markets[m]!.closeTime[next[m]!] ?? Infinity);
    if (time === Infinity) return averages.slice(0, length);
    let sum = 0;
    let count = 0;
    for (let m = 0; m < markets.length; m++) {
      if (markets[m]!.closeTime[next[m]!] !== time) continue;
      const value = markets[m]!.difference[next[m]!]!;
      next[m]!++;
      if (!Number.isFinite(value)) continue;
      sum += value;
      count++;
    }
    if (count > 0) averages[length++] = sum / count;
  }
}

function finiteOnly(values: Float64Array): Float64Array {
  const kept = new Float64Array(values.length);
  let length = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) kept[length++] = values[i]!;
  return kept.subarray(0, length);
}
