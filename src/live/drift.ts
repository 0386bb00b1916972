import { wilsonInterval } from '../statistics/binomial.ts';
import { countDirections } from '../statistics/direction.ts';
import { forecastError } from '../statistics/forecast-error.ts';
import { mean, standardDeviation } from '../statistics/moments.ts';
import { normalQuantile } from '../statistics/normal.ts';
import type { DriftBand } from './session.ts';

/** Fewest scored bars, of a session or of a fold, that anything is concluded from. */
export const FEWEST_BARS = 30;

const CONFIDENCE = 0.95;

/** A measure of live forecasts, and where it lies. */
export interface DriftMeasure {
  /** Null where undefined. */
  readonly value: number | null;
  /** 95 % interval of the value, by how few bars it is from; null where undefined. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Outside: the whole interval lies beyond the band. Null with too few bars, or without a band. */
  readonly place: 'inside' | 'outside' | null;
}

/** Live forecasts of one market held against the folds of a backtest. */
export interface Drift {
  /** Scored bars looked at. */
  readonly bars: number;
  /** Of the return over the horizon, a fraction. */
  readonly rmse: DriftMeasure;
  readonly directionAccuracy: DriftMeasure;
  /** One of them is outside on its worse side: errors larger, or directions wrong more often, than in any fold. */
  readonly alarm: boolean;
}

/** Columns of a market by slice, equally long, oldest first. */
export interface LiveForecasts {
  /** Expected return over the horizon; NaN where there was none. */
  readonly forecast: Float64Array;
  /** NaN where the market had no bar. */
  readonly close: Float64Array;
  /** Bars. */
  readonly horizon: number;
}

/**
 * Errors of the last `window` scored bars: those with a forecast whose outcome, `horizon` bars of the market later, has come. A window
 * about as long as a fold (`schedule.retrain`) compares like with like.
 *
 * A shorter window varies more than folds do, and a few folds do not show how far they can vary; so a measure is outside only where its
 * 95 % interval does not reach the band, and nothing is said below 30 bars. The interval is Wilson's for the share of hits, and normal
 * for the mean squared error. Outcomes of a horizon of h overlap: n bars count as n / h then. Throws a RangeError where the columns
 * differ in length.
 */
export function measureDrift({ forecast, close, horizon }: LiveForecasts, band: DriftBand | null, window: number): Drift {
  if (forecast.length !== close.length) {
    throw new RangeError(`Expected as many closes as forecasts (${forecast.length}), received ${close.length}`);
  }
  const rows = [...close.keys()].filter((slice) => Number.isFinite(close[slice]));
  const outcomeOf = (k: number) => (close[rows[k + horizon] ?? -1] ?? Number.NaN) / close[rows[k] ?? -1]! - 1;
  const scored = rows
    .map((slice, k) => ({ expected: forecast[slice] ?? Number.NaN, outcome: outcomeOf(k) }))
    .filter(({ expected, outcome }) => Number.isFinite(expected) && Number.isFinite(outcome))
    .slice(-window);
  const actual = Float64Array.from(scored, ({ outcome }) => outcome);
  const expected = Float64Array.from(scored, ({ expected }) => expected);
  const enough = scored.length >= FEWEST_BARS;

  const rmse = measure(forecastError(actual, expected).rmse, rmseInterval(actual, expected, horizon), enough ? band?.rmse : undefined);
  const { hits, count } = countDirections(actual, expected);
  const directionAccuracy = measure(
    count > 0 ? hits / count : null,
    wilsonInterval(hits / horizon, count / horizon, CONFIDENCE),
    count >= FEWEST_BARS ? band?.directionAccuracy : undefined,
  );
  const larger = rmse.place === 'outside' && (rmse.value ?? 0) > (band?.rmse[1] ?? Infinity);
  const wronger = directionAccuracy.place === 'outside' && (directionAccuracy.value ?? 1) < (band?.directionAccuracy[0] ?? 0);
  return { bars: scored.length, rmse, directionAccuracy, alarm: larger || wronger };
}

/** What a stored backtest says of its folds; of a `RunResult` no more than is read here. */
export interface FoldedRun {
  readonly runId: string;
  readonly forecast: {
    readonly folds: readonly {
      readonly bars: number;
      readonly return: { readonly rmse: number | null };
      readonly directionAccuracy: number | null;
    }[];
  } | null;
}

/**
 * Lowest and highest over the folds of a backtest, of all its markets. Folds of fewer than 30 scored bars, such as one that the end cut
 * short, say more about chance than about the model and are left out; null where fewer than two are left, which show no spread.
 */
export function driftBand({ runId, forecast }: FoldedRun): DriftBand | null {
  const rmse: number[] = [];
  const accuracy: number[] = [];
  for (const fold of forecast?.folds ?? []) {
    if (fold.bars < FEWEST_BARS || fold.return.rmse === null || fold.directionAccuracy === null) continue;
    rmse.push(fold.return.rmse);
    accuracy.push(fold.directionAccuracy);
  }
  if (rmse.length < 2) return null;
  const range = (values: readonly number[]) => [Math.min(...values), Math.max(...values)] as const;
  return { run: runId, folds: rmse.length, rmse: range(rmse), directionAccuracy: range(accuracy) };
}

function measure(value: number | null, interval: DriftMeasure['interval'], band: DriftBand['rmse'] | undefined): DriftMeasure {
  if (value === null || interval === null || band === undefined) return { value, interval, place: null };
  return { value, interval, place: interval[1] < band[0] || interval[0] > band[1] ? 'outside' : 'inside' };
}

/** Roots of `mean squared error +- z x standard deviation of the squares / sqrt(n / horizon)`. */
function rmseInterval(actual: Float64Array, expected: Float64Array, horizon: number): DriftMeasure['interval'] {
  const squares = actual.map((outcome, i) => (expected[i]! - outcome) * (expected[i]! - outcome));
  const middle = mean(squares);
  const deviation = standardDeviation(squares);
  if (middle === null || deviation === null) return null;
  const half = (normalQuantile((1 + CONFIDENCE) / 2) * deviation) / Math.sqrt(squares.length / horizon);
  return [Math.sqrt(Math.max(0, middle - half)), Math.sqrt(middle + half)];
}
