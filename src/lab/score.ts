import type { Column } from '../core/bars.ts';
import { band } from '../statistics/band.ts';
import { calibration } from '../statistics/calibration.ts';
import { coverage } from '../statistics/coverage.ts';
import { dieboldMariano, squaredLossDifference } from '../statistics/diebold-mariano.ts';
import { skill } from '../statistics/skill.ts';
import type { ModelForecast } from './forecast.ts';
import type { LabInputs } from './inputs.ts';
import { type BandedScore, type Bands, bandedScores, type Scores, type TrainingRun } from './result.ts';

/** What a forecast of one output is measured with. */
export interface Measure {
  readonly inputs: LabInputs;
  readonly output: number;
  readonly horizon: number;
  /** Levels of the same output. */
  readonly present: Column;
  readonly actual: Column;
  /** The linear model's levels, where there is one to beat. */
  readonly linear: Column | undefined;
}

/**
 * Scores of a forecast on the windows that end at `ends`; null where there are none. Every output is measured as a return from its
 * present level, which is what persistence forecasts, so that one set of measures serves closes, highs and volatilities.
 */
export function scoresOf(forecast: ModelForecast, ends: Int32Array, measure: Measure): Scores | null {
  const { inputs, output, horizon, present, actual, linear } = measure;
  const level = forecast.levels[output];
  if (!level || ends.length === 0) return null;
  const from = ends[0]!;
  const to = ends[ends.length - 1]! + 1;
  const scored = new Uint8Array(to - from);
  for (const end of ends) scored[end - from] = 1;
  // The full stretch of bars: tests over a horizon above 1 need to know which windows overlap.
  const moves = (column: Column): Column =>
    Float64Array.from({ length: to - from }, (_, k) => (scored[k] === 1 ? column[from + k]! / present[from + k]! - 1 : Number.NaN));
  const outcome = moves(actual);
  const expected = moves(level);
  const figures = skill({ actual: outcome, forecast: expected, close: present.subarray(from, to), horizon });
  const only = (column: Column): Column => column.subarray(from, to).map((value, k) => (scored[k] === 1 ? value : Number.NaN));
  return {
    ...figures,
    dieboldMarianoLinear:
      linear && linear !== level ? dieboldMariano(squaredLossDifference(outcome, moves(linear), expected), horizon) : null,
    coverage: forecast.quantiles ? coverage(forecast.quantiles.of, forecast.quantiles.columns.map(only), only(inputs.returns)) : null,
    calibration: forecast.probability
      ? calibration(
          only(forecast.probability),
          only(inputs.returns).map((move) => (Number.isNaN(move) ? move : move > 0 ? 1 : 0)),
        )
      : null,
  };
}

/** Each of the banded scores by its name in tables. */
export function bandedScore(scores: Scores, name: BandedScore): number | null {
  return name === 'directionAccuracy' || name === 'skillVsPersistence' ? scores[name] : scores.price[name];
}

/** Bands of the scores of several runs on one part; null with fewer than two. */
export function bandsOf(runs: readonly TrainingRun[], part: 'validation' | 'test'): Bands | null {
  const scored = runs.map((run) => run[part]).filter((scores) => scores !== null);
  if (scored.length < 2) return null;
  const bands: [BandedScore, ReturnType<typeof band>][] = [];
  for (const name of bandedScores) {
    const values = scored.map((scores) => bandedScore(scores, name)).filter((value) => value !== null && Number.isFinite(value));
    if (values.length === scored.length) bands.push([name, band(values as number[])]);
  }
  return Object.fromEntries(bands) as Bands;
}

/** The run whose R2 on a part is the median one (the lower of two), the first one where none has any. */
export function medianRun(runs: readonly TrainingRun[], part: 'validation' | 'test'): number {
  const order = runs
    .map((run, k) => ({ k, r2: run[part]?.price.r2 ?? null }))
    .filter((run): run is { k: number; r2: number } => run.r2 !== null)
    .sort((a, b) => a.r2 - b.r2 || a.k - b.k);
  return order[(order.length - 1) >>> 1]?.k ?? 0;
}
