import type { Column } from '../core/bars.ts';
import { band } from '../statistics/band.ts';
import { calibration } from '../statistics/calibration.ts';
import { coverage } from '../statistics/coverage.ts';
import { dieboldMariano, squaredLossDifference } from '../statistics/diebold-mariano.ts';
import { forecastError, meanAbsolutePercentageError } from '../statistics/forecast-error.ts';
import { skill } from '../statistics/skill.ts';
import type { ModelForecast } from './forecast.ts';
import type { LabInputs } from './inputs.ts';
import { type BandedScore, type Bands, bandedScore, bandedScores, type Scores, type TrainingRun } from './result.ts';

/** What a forecast of one output is measured with. */
export interface Measure {
  readonly inputs: LabInputs;
  readonly output: number;
  readonly horizon: number;
  /** Levels of the same output. */
  readonly present: Column;
  readonly actual: Column;
  readonly unit: 'price' | 'volatility';
  /** The linear model's levels, where there is one to beat. */
  readonly linear: Column | undefined;
}

/**
 * Scores of a forecast on the windows that end at `ends`; null where there are none. Every output is measured as a move from its present
 * level, which is what persistence forecasts: of a price the simple return; of a volatility the difference, for one that is all but zero
 * now would turn any other into a return without measure.
 */
export function scoresOf(forecast: ModelForecast, ends: Int32Array, measure: Measure): Scores | null {
  const { inputs, output, horizon, present, actual, linear, unit } = measure;
  const level = forecast.levels[output];
  if (!level || ends.length === 0) return null;
  const from = ends[0]!;
  const to = ends[ends.length - 1]! + 1;
  const scored = new Uint8Array(to - from);
  for (const end of ends) scored[end - from] = 1;
  // The full stretch of bars: tests over a horizon above 1 need to know which windows overlap.
  const move = unit === 'price' ? (level: number, now: number) => level / now - 1 : (level: number, now: number) => level - now;
  const moves = (column: Column): Column =>
    Float64Array.from({ length: to - from }, (_, k) => (scored[k] === 1 ? move(column[from + k]!, present[from + k]!) : Number.NaN));
  const outcome = moves(actual);
  const expected = moves(level);
  const figures = skill({ actual: outcome, forecast: expected, close: present.subarray(from, to), horizon });
  const only = (column: Column): Column => column.subarray(from, to).map((value, k) => (scored[k] === 1 ? value : Number.NaN));
  return {
    ...figures,
    ...(unit === 'volatility' && { price: levelErrors(ends, actual, level) }),
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

/** Errors of levels themselves. */
function levelErrors(ends: Int32Array, actual: Column, level: Column): Scores['price'] {
  const rows = ends.filter((row) => Number.isFinite(actual[row]!) && Number.isFinite(level[row]!));
  const of = (column: Column): Column => Float64Array.from(rows, (row) => column[row]!);
  const [outcome, expected] = [of(actual), of(level)];
  return {
    ...forecastError(outcome, expected),
    mape: meanAbsolutePercentageError(outcome, expected),
    negativeShare: rows.length > 0 ? expected.filter((value) => value < 0).length / rows.length : null,
  };
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
