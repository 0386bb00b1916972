import { wilsonInterval } from './binomial.ts';
import { pearson, spearman } from './correlation.ts';
import { type DieboldMariano, dieboldMariano, squaredLossDifference } from './diebold-mariano.ts';
import { countDirections, type DirectionTest, majorityShare, majorityTest, overOffsets, pesaranTimmermann } from './direction.ts';
import { type ForecastError, forecastError, meanAbsolutePercentageError, skillVsPersistence, theilU2 } from './forecast-error.ts';

/** Forecasts of one market and what became of them: columns of equal length, one value per bar, oldest first. */
export interface Scored {
  /** Simple return over the horizon that followed; NaN where not known. */
  readonly actual: Float64Array;
  /** Return expected; NaN where there was none. */
  readonly forecast: Float64Array;
  /** Price at the decision, quote. */
  readonly close: Float64Array;
  /** Bars. */
  readonly horizon: number;
  /** The direction that was the more frequent one on the training rows. */
  readonly trainingMajority?: 1 | -1;
}

/** Skill on the scored bars: those with a forecast and an outcome. Fractions; null where undefined. */
export interface Skill {
  readonly bars: number;
  readonly unscored: number;
  readonly horizon: number;
  readonly return: ForecastError;
  /** Of the price forecast `close x (1 + forecast)`; mape is a fraction, negativeShare the share of forecasts below zero. */
  readonly price: ForecastError & { readonly mape: number | null; readonly negativeShare: number | null };
  /** Share of hits where outcome and forecast have a direction; null where none has. */
  readonly directionAccuracy: number | null;
  /** Wilson, 95 %; as if the bars were independent, so too narrow for a horizon above 1. */
  readonly directionInterval: readonly [low: number, high: number] | null;
  /** Outcomes of exactly zero: no direction to hit. */
  readonly zeroMoves: number;
  /** Forecasts of exactly zero on bars that moved: no direction told. */
  readonly zeroForecasts: number;
  /** Share of the more frequent direction among the scored bars that moved. */
  readonly majorityShare: number | null;
  /** What always saying the training rows' majority would have hit there; null where that was not given. */
  readonly trainingMajorityAccuracy: number | null;
  readonly skillVsPersistence: number | null;
  readonly theilU2: number | null;
  /** Pearson's correlation of forecast and outcome. */
  readonly informationCoefficient: number | null;
  /** Spearman's. */
  readonly rankInformationCoefficient: number | null;
  /** Against persistence. */
  readonly dieboldMariano: DieboldMariano;
  readonly pesaranTimmermann: DirectionTest;
  /** Exact, against the majority share of the same bars. */
  readonly binomial: DirectionTest;
}

/** All measures of one column of forecasts. Throws a RangeError where the columns differ in length. */
export function skill({ actual, forecast, close, horizon, trainingMajority }: Scored): Skill {
  const length = actual.length;
  if (forecast.length !== length || close.length !== length) {
    throw new RangeError(
      `Expected columns of ${length} bars, as in actual, received ${forecast.length} in forecast and ${close.length} in close`,
    );
  }
  let bars = 0;
  for (let i = 0; i < length; i++) if (isScored(actual[i]!, forecast[i]!)) bars++;
  const outcome = new Float64Array(bars);
  const expected = new Float64Array(bars);
  const price = new Float64Array(bars);
  const expectedPrice = new Float64Array(bars);
  let row = 0;
  let negative = 0;
  let up = 0;
  let zeroMoves = 0;
  let zeroForecasts = 0;
  for (let i = 0; i < length; i++) {
    const move = actual[i]!;
    const told = forecast[i]!;
    if (!isScored(move, told)) continue;
    outcome[row] = move;
    expected[row] = told;
    price[row] = close[i]! * (1 + move);
    expectedPrice[row] = close[i]! * (1 + told);
    if (expectedPrice[row]! < 0) negative++;
    if (move > 0) up++;
    if (move === 0) zeroMoves++;
    else if (told === 0) zeroForecasts++;
    row++;
  }
  const moved = bars - zeroMoves;
  const directions = countDirections(outcome, expected);
  const persistence = new Float64Array(bars);
  return {
    bars,
    unscored: length - bars,
    horizon,
    return: forecastError(outcome, expected),
    price: {
      ...forecastError(price, expectedPrice),
      mape: meanAbsolutePercentageError(price, expectedPrice),
      negativeShare: bars > 0 ? negative / bars : null,
    },
    directionAccuracy: directions.count > 0 ? directions.hits / directions.count : null,
    directionInterval: wilsonInterval(directions.hits, directions.count),
    zeroMoves,
    zeroForecasts,
    majorityShare: majorityShare(up, moved),
    trainingMajorityAccuracy: trainingMajority === undefined || moved === 0 ? null : (trainingMajority > 0 ? up : moved - up) / moved,
    skillVsPersistence: skillVsPersistence(outcome, expected),
    theilU2: theilU2(outcome, expected),
    informationCoefficient: pearson(outcome, expected),
    rankInformationCoefficient: spearman(outcome, expected),
    dieboldMariano: dieboldMariano(squaredLossDifference(outcome, persistence, expected), horizon),
    // The full columns, not the scored rows: with gaps closed, every h-th row would overlap again.
    pesaranTimmermann: overOffsets(pesaranTimmermann, actual, forecast, horizon),
    binomial: overOffsets(majorityTest, actual, forecast, horizon),
  };
}

function isScored(actual: number, forecast: number): boolean {
  return Number.isFinite(actual) && Number.isFinite(forecast);
}
