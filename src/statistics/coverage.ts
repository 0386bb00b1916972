import { kupiecTest } from './kupiec.ts';

/** Quantile forecasts against what came: the share of outcomes at or below each quantile, and within the outermost two. */
export interface Coverage {
  readonly quantiles: readonly {
    readonly quantile: number;
    readonly share: number | null;
    /** That the share is the quantile (Kupiec 1995), as if the rows were independent: too small for a horizon above 1. */
    readonly pValue: number | null;
  }[];
  /** Both ends included; null with fewer than two quantiles. */
  readonly interval: { readonly nominal: number; readonly share: number | null } | null;
  /** Mean pinball loss over all quantiles, in the unit of the outcomes. */
  readonly pinball: number | null;
}

/**
 * How well forecasts of quantiles cover what came. `forecasts[k]` is the column of quantile `quantiles[k]` (between 0 and 1, in any order),
 * as long as `actual`. Rows in which a forecast or the outcome is not finite are skipped by every figure; null where none is left.
 *
 * Pinball loss is `q (a - f)` where the outcome is the higher one, else `(1 - q) (f - a)` (Koenker and Bassett 1978). Throws a RangeError
 * where columns or quantiles do not fit.
 */
export function coverage(quantiles: readonly number[], forecasts: readonly Float64Array[], actual: Float64Array): Coverage {
  check(quantiles, forecasts, actual);
  const below = new Int32Array(quantiles.length);
  const lowest = quantiles.indexOf(Math.min(...quantiles));
  const highest = quantiles.indexOf(Math.max(...quantiles));
  let rows = 0;
  let within = 0;
  let loss = 0;
  for (let i = 0; i < actual.length; i++) {
    const outcome = actual[i]!;
    if (!Number.isFinite(outcome) || !forecasts.every((column) => Number.isFinite(column[i]))) continue;
    rows++;
    for (let k = 0; k < quantiles.length; k++) {
      const excess = outcome - forecasts[k]![i]!;
      if (excess <= 0) below[k]!++;
      loss += excess > 0 ? quantiles[k]! * excess : (quantiles[k]! - 1) * excess;
    }
    if (quantiles.length > 1 && outcome >= forecasts[lowest]![i]! && outcome <= forecasts[highest]![i]!) within++;
  }
  const share = (count: number) => (rows > 0 ? count / rows : null);
  return {
    quantiles: quantiles.map((quantile, k) => ({
      quantile,
      share: share(below[k]!),
      pValue: kupiecTest(below[k]!, rows, quantile)?.pValue ?? null,
    })),
    interval: quantiles.length > 1 ? { nominal: quantiles[highest]! - quantiles[lowest]!, share: share(within) } : null,
    pinball: rows > 0 && quantiles.length > 0 ? loss / (rows * quantiles.length) : null,
  };
}

function check(quantiles: readonly number[], forecasts: readonly Float64Array[], actual: Float64Array): void {
  if (forecasts.length !== quantiles.length) {
    throw new RangeError(`Expected one column of forecasts for each of ${quantiles.length} quantiles, received ${forecasts.length}`);
  }
  for (const quantile of quantiles) {
    if (!(quantile > 0 && quantile < 1)) throw new RangeError(`Expected quantiles > 0 and < 1, received ${quantile}`);
  }
  for (const column of forecasts) {
    if (column.length !== actual.length) {
      throw new RangeError(`Expected columns of ${actual.length} rows, as in actual, received one of ${column.length}`);
    }
  }
}
