import { describe, expect, it } from 'vitest';
import { persistenceForecast } from '../../src/lab/forecast.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import type { Scores, TrainingRun } from '../../src/lab/result.ts';
import { bandsOf, type Measure, medianRun, scoresOf } from '../../src/lab/score.ts';
import { dieboldMariano, squaredLossDifference } from '../../src/statistics/diebold-mariano.ts';
import { skill } from '../../src/statistics/skill.ts';
import { randomBars } from '../support/markets.ts';
import { planOf, tiny } from './bench.ts';

const bars = randomBars({ seed: 4, length: 160 });
const inputs = openMarket(planOf(), bars)(tiny({ horizon: 3 }));
const measure: Measure = {
  inputs,
  output: 0,
  horizon: 3,
  present: inputs.present[0]!,
  actual: inputs.actual[0]!,
  unit: 'price',
  linear: undefined,
};
/** Some forecast or other of the close three bars ahead. */
const level = (factor: number) => bars.close.map((price, row) => price * (1 + factor * Math.sin(row)));

describe('the scores of a close', () => {
  const { ends } = inputs;
  const returns = (column: Float64Array) => Float64Array.from(ends.test, (row) => column[row]! / bars.close[row]! - 1);
  const actual = Float64Array.from(ends.test, (row) => bars.close[row + 3]! / bars.close[row]! - 1);

  it('are those of its returns over the horizon and of its prices', () => {
    const scores = scoresOf({ levels: [level(0.01)] }, ends.test, measure)!;
    const close = Float64Array.from(ends.test, (row) => bars.close[row]!);
    // Rows of the test part follow each other here, so the columns may be cut out.
    expect(ends.test[ends.test.length - 1]! - ends.test[0]! + 1).toBe(ends.test.length);
    expect(scores).toMatchObject(skill({ actual, forecast: returns(level(0.01)), close, horizon: 3 }));
    let squares = 0;
    for (const row of ends.test) squares += (level(0.01)[row]! - bars.close[row + 3]!) ** 2;
    expect(scores.price.rmse).toBeCloseTo(Math.sqrt(squares / ends.test.length), 9);
  });

  it('against the linear model are a Diebold-Mariano test of returns, positive where the model is the better one', () => {
    const [small, large] = [level(0.001), level(0.02)];
    const against = (own: Float64Array, linear: Float64Array) =>
      scoresOf({ levels: [own] }, ends.test, { ...measure, linear })!.dieboldMarianoLinear!;
    expect(against(small, large)).toEqual(dieboldMariano(squaredLossDifference(actual, returns(large), returns(small)), 3));
    expect(against(small, large).statistic).toBeGreaterThan(0);
    expect(against(large, small).statistic).toBeLessThan(0);
  });

  it('of the linear model itself are not set against it', () => {
    const linear = level(0.01);
    expect(scoresOf({ levels: [linear] }, ends.test, { ...measure, linear })!.dieboldMarianoLinear).toBeNull();
  });

  it('are none where there is no window, or no such output', () => {
    expect(scoresOf({ levels: [level(0.01)] }, new Int32Array(0), measure)).toBeNull();
    expect(scoresOf({ levels: [undefined] }, ends.test, measure)).toBeNull();
  });

  it('count the windows that end on the given rows alone, and keep the distance between them', () => {
    const some = ends.test.filter((_, k) => k % 2 === 0);
    const scores = scoresOf({ levels: [level(0.01)] }, some, measure)!;
    expect(scores.bars).toBe(some.length);
    expect(scores.unscored).toBe(some.length - 1);
  });
});

describe('persistence', () => {
  const model = tiny({ target: ['high', 'low', 'close', 'adjustedClose'] });
  const several = openMarket(planOf(), bars)(model);
  const forecast = persistenceForecast(several, several.present);

  it.each([0, 1, 2, 3])('has skill 0 and no direction on output %i', (k) => {
    const scores = scoresOf(forecast, several.ends.test, {
      ...measure,
      inputs: several,
      horizon: 1,
      output: k,
      present: several.present[k]!,
      actual: several.actual[k]!,
    })!;
    expect(scores.skillVsPersistence).toBe(0);
    expect(scores.directionAccuracy).toBeNull();
    expect(scores.dieboldMariano.statistic).toBeNull();
    expect(scores.bars).toBe(several.ends.test.length);
  });

  it('says of the adjusted close what it says of the close', () => {
    expect(forecast.levels[3]).toEqual(forecast.levels[2]);
  });
});

describe('the scores of a volatility', () => {
  const model = tiny({ target: 'volatility', horizon: 1 });
  // A bar without a move has a volatility of zero, which no return can start from.
  const still = { ...bars, close: bars.close.map((price, row) => (row % 9 === 4 ? bars.close[row - 1]! : price)) };
  const inputs = openMarket(planOf(), still)(model);
  const { ends } = inputs;
  const [present, actual] = [inputs.present[0]!, inputs.actual[0]!];
  const of = (column: Float64Array) =>
    scoresOf({ levels: [column] }, ends.test, { ...measure, inputs, horizon: 1, present, actual, unit: 'volatility' })!;

  it('count every row, those that start from zero too', () => {
    expect(Array.from(ends.test).some((row) => present[row] === 0)).toBe(true);
    expect(of(present.map(() => 0.01)).bars).toBe(ends.test.length);
  });

  it('have the skill that follows from their root mean squared errors', () => {
    const constant = of(present.map(() => 0.01));
    const naive = of(present);
    expect(naive.skillVsPersistence).toBe(0);
    expect(constant.skillVsPersistence).toBeCloseTo(1 - (constant.price.rmse! / naive.price.rmse!) ** 2, 10);
    let squares = 0;
    for (const row of ends.test) squares += (actual[row]! - 0.01) ** 2;
    expect(constant.price.rmse).toBeCloseTo(Math.sqrt(squares / ends.test.length), 12);
  });
});

describe('runs of several seeds', () => {
  const runOf = (r2: number | null, more: Partial<Scores> = {}): TrainingRun => ({
    seed: 1,
    fit: null,
    epochs: 1,
    bestEpoch: 1,
    seconds: 0,
    cached: false,
    losses: [],
    validationLosses: [],
    validation: null,
    test: {
      ...scoresOf({ levels: [level(0.01)] }, inputs.ends.test, measure)!,
      price: { r2, rmse: 2, mae: 1, bias: 0, mape: null, negativeShare: 0 },
      ...more,
    },
  });

  it('show the one with the median R2, of two middle ones the lower', () => {
    expect(
      medianRun(
        [0.5, 0.1, 0.9].map((r2) => runOf(r2)),
        'test',
      ),
    ).toBe(0);
    expect(
      medianRun(
        [0.5, 0.1, 0.9, 0.7].map((r2) => runOf(r2)),
        'test',
      ),
    ).toBe(0);
    expect(
      medianRun(
        [0.9, null, 0.1, 0.3].map((r2) => runOf(r2)),
        'test',
      ),
    ).toBe(3);
    expect(
      medianRun(
        [null, null].map((r2) => runOf(r2)),
        'test',
      ),
    ).toBe(0);
    expect(
      medianRun(
        [0.5, 0.1].map((r2) => runOf(r2)),
        'validation',
      ),
    ).toBe(0);
  });

  it('have bands of the scores that every run has', () => {
    const bands = bandsOf(
      [0.1, 0.2, 0.3, 0.4, 0.5].map((r2) => runOf(r2)),
      'test',
    )!;
    // Ten percent of the way over four steps of 0.1 from 0.1 on.
    expect(bands.r2).toMatchObject({ minimum: 0.1, median: 0.3, maximum: 0.5 });
    expect(bands.r2!.p10).toBeCloseTo(0.14, 12);
    expect(bands.r2!.p90).toBeCloseTo(0.46, 12);
    expect(bands).not.toHaveProperty('mape');
    expect(bandsOf([runOf(0.1)], 'test')).toBeNull();
    expect(
      bandsOf(
        [0.1, 0.2].map((r2) => runOf(r2)),
        'validation',
      ),
    ).toBeNull();
  });
});
