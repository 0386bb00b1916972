import { defined } from './defined.ts';

// Errors of level forecasts freed of the level's unit. Columns of equal length, finite: the level that came, the one forecast, and the one at
// the time of the forecast. Null without a row, or where the measure they are divided by is 0.

/**
 * Mean absolute scaled error (Hyndman and Koehler 2006): `mean |f - a| / mean |a - naive|` on the same rows, so that below 1 is better than
 * the last price there. The paper divides by the training rows' mean move instead.
 */
export function meanAbsoluteScaledError(actual: Float64Array, forecast: Float64Array, naive: Float64Array): number | null {
  let error = 0;
  let move = 0;
  for (let i = 0; i < actual.length; i++) {
    error += Math.abs(forecast[i]! - actual[i]!);
    move += Math.abs(actual[i]! - naive[i]!);
  }
  return defined(error / move);
}

/** Symmetric mean absolute percentage error as a fraction from 0 to 2: `mean(2 |f - a| / (|f| + |a|))`. */
export function symmetricMeanAbsolutePercentageError(actual: Float64Array, forecast: Float64Array): number | null {
  let sum = 0;
  for (let i = 0; i < actual.length; i++) {
    sum += (2 * Math.abs(forecast[i]! - actual[i]!)) / (Math.abs(forecast[i]!) + Math.abs(actual[i]!));
  }
  return defined(sum / actual.length);
}
