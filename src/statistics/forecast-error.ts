import { defined } from './defined.ts';

export interface ForecastError {
  /** `sqrt(mean((f - a)^2))`. */
  readonly rmse: number | null;
  /** `mean(|f - a|)`. */
  readonly mae: number | null;
  /** `1 - sum((f - a)^2) / sum((a - mean a)^2)`; null where the actual values never change. */
  readonly r2: number | null;
  /** `mean(f - a)`: positive where the forecast is too high. */
  readonly bias: number | null;
}

/** Errors of forecasts, divisor n, in the unit of the values. All null without a pair. `actual` and `forecast` finite, of equal length. */
export function forecastError(actual: Float64Array, forecast: Float64Array): ForecastError {
  const n = actual.length;
  let squares = 0;
  let sizes = 0;
  let errors = 0;
  let sum = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    const error = forecast[i]! - actual[i]!;
    squares += error * error;
    sizes += Math.abs(error);
    errors += error;
    sum += actual[i]!;
    size += actual[i]! * actual[i]!;
  }
  const mean = sum / n;
  let spread = 0;
  for (let i = 0; i < n; i++) spread += (actual[i]! - mean) * (actual[i]! - mean);
  return {
    rmse: defined(Math.sqrt(squares / n)),
    mae: defined(sizes / n),
    // Squares of rounding errors are no spread.
    r2: spread > size * 1e-28 ? defined(1 - squares / spread) : null,
    bias: defined(errors / n),
  };
}

/** Mean absolute percentage error as a fraction, `mean(|f - a| / |a|)`; null without a pair or where an actual value is 0. */
export function meanAbsolutePercentageError(actual: Float64Array, forecast: Float64Array): number | null {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += Math.abs((forecast[i]! - actual[i]!) / actual[i]!);
  return defined(sum / actual.length);
}

/**
 * Skill of return forecasts against persistence, the forecast of a zero return: `1 - sum((f - a)^2) / sum(a^2)`. 1 is perfect, 0 as good as
 * the last price, negative worse. Null where nothing moved: persistence was perfect and no ratio to it exists.
 */
export function skillVsPersistence(actual: Float64Array, forecast: Float64Array): number | null {
  let squares = 0;
  let moves = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = forecast[i]! - actual[i]!;
    squares += error * error;
    moves += actual[i]! * actual[i]!;
  }
  return moves > 0 ? defined(1 - squares / moves) : null;
}

/** Theil's U2 (1966), `sqrt(sum((f - a)^2) / sum(a^2))` on returns: below 1 is better than the last price. Null as for `skillVsPersistence`. */
export function theilU2(actual: Float64Array, forecast: Float64Array): number | null {
  const skill = skillVsPersistence(actual, forecast);
  return skill === null ? null : Math.sqrt(Math.max(0, 1 - skill));
}
