import { describe, expect, it } from 'vitest';
import { binomialTail, wilsonInterval } from '../../src/statistics/binomial.ts';
import { pearson, spearman } from '../../src/statistics/correlation.ts';
import { dieboldMariano, squaredLossDifference } from '../../src/statistics/diebold-mariano.ts';
import { countDirections, majorityShare, majorityTest, pesaranTimmermann } from '../../src/statistics/direction.ts';
import { automaticLags, longRunVariance } from '../../src/statistics/long-run-variance.ts';
import { neweyWestMean } from '../../src/statistics/newey-west.ts';
import { normalCdf } from '../../src/statistics/normal.ts';
import { skill } from '../../src/statistics/skill.ts';
import { studentTwoSided } from '../../src/statistics/student.ts';
import { expectClose, present, reference, titled } from './reference.ts';

interface Reference {
  series: Record<string, number[]>;
  diebold_mariano: {
    id: string;
    e1: string;
    e2: string;
    T: number;
    loss: 'squared' | 'absolute';
    h: number;
    mean_d: number;
    autocovariances: [number, number];
    long_run_variance: number;
    statistic: number | null;
    p_two_sided: number;
    p_model1_worse: number;
    bartlett_variant?: { long_run_variance: number };
  }[];
  pesaran_timmermann: {
    id: string;
    y: string;
    x: string;
    n: number;
    hit_rate: number;
    statistic: number | null;
    p_one_sided: number | null;
  }[];
  binomial: {
    id: string;
    y: string;
    x: string;
    n: number;
    hits: number;
    majority_share: number;
    p_greater_than_majority: number;
    p_greater_than_half: number;
    wilson95: [number, number];
  }[];
  newey_west_mean: {
    id: string;
    series: string;
    n: number;
    maxlags: number;
    mean: number;
    long_run_variance: number;
    t: number;
    p_two_sided_normal: number;
    p_two_sided_t: number;
  }[];
  scores: Record<string, number>;
  spearman_ties: { x: number[]; y: number[]; rho: number; p: number };
}

const empty: Reference = {
  series: {},
  diebold_mariano: [],
  pesaran_timmermann: [],
  binomial: [],
  newey_west_mean: [],
  scores: {},
  spearman_ties: { x: [], y: [], rho: 0, p: 0 },
};
const golden = present ? reference<Reference>('forecast-tests.json') : empty;

function series(name: string, length = 0): Float64Array {
  return name === 'all ones' ? new Float64Array(length).fill(1) : Float64Array.from(golden.series[name] ?? []);
}

function expectProbability(received: number | null, expected: number | null): void {
  if (received === null || expected === null) expect(received).toBe(expected);
  else expect(Math.abs(received - expected)).toBeLessThan(1e-8);
}

describe.skipIf(!present)(titled('Tests of forecasts agree with statsmodels, scipy and dieboldmariano (forecast-tests.json)'), () => {
  it.each(golden.diebold_mariano.map((test) => [test.id, test] as const))('Diebold-Mariano: %s', (_, test) => {
    const first = series(test.e1);
    const second = series(test.e2);
    const none = new Float64Array(test.T);
    // Errors are forecasts of an outcome of zero.
    const difference =
      test.loss === 'squared'
        ? squaredLossDifference(none, first, second)
        : first.map((error, i) => Math.abs(error) - Math.abs(second[i]!));
    const found = dieboldMariano(difference, test.h);
    expect(found.bars).toBe(test.T);
    expectClose(longRunVariance(difference, test.h - 1, 'rectangular'), test.long_run_variance);
    if (test.bartlett_variant) expectClose(longRunVariance(difference, test.h - 1, 'bartlett'), test.bartlett_variant.long_run_variance);
    if (test.statistic === null) {
      // No statistic there; here Bartlett's variance, g0 + 2 (1 - 1/2) g1 for h = 2, takes its place and is flagged.
      expect(test.h).toBe(2);
      const variance = test.autocovariances[0] + test.autocovariances[1];
      const correction = Math.sqrt((test.T + 1 - 4 + 2 / test.T) / test.T);
      expect(found.kernel).toBe('bartlett');
      expectClose(found.statistic, (test.mean_d / Math.sqrt(variance / test.T)) * correction);
      return;
    }
    expect(found.kernel).toBe('rectangular');
    expectClose(found.statistic, test.statistic);
    expectProbability(found.pValue, test.p_two_sided);
    expectProbability(found.pValueBetter, test.p_model1_worse);
  });

  it.each(golden.pesaran_timmermann.map((test) => [test.id, test] as const))('Pesaran-Timmermann: %s', (_, test) => {
    const directions = countDirections(series(test.y), series(test.x, test.n));
    expect(directions.count).toBe(test.n);
    expectClose(directions.hits / directions.count, test.hit_rate);
    const found = pesaranTimmermann(directions);
    expectClose(found.statistic, test.statistic);
    expectProbability(found.pValue, test.p_one_sided);
  });

  it.each(golden.binomial.map((test) => [test.id, test] as const))('binomial test and Wilson interval: %s', (_, test) => {
    const directions = countDirections(series(test.y), series(test.x));
    expect(directions.hits).toBe(test.hits);
    expectClose(majorityShare(directions.actualUp, directions.count), test.majority_share);
    expectProbability(majorityTest(directions).pValue, test.p_greater_than_majority);
    expectProbability(binomialTail(test.hits, test.n, 0.5), test.p_greater_than_half);
    const [low, high] = wilsonInterval(test.hits, test.n)!;
    expectClose(low, test.wilson95[0]);
    expectClose(high, test.wilson95[1]);
  });

  it.each(golden.newey_west_mean.map((test) => [test.id, test] as const))('Newey-West: %s', (_, test) => {
    const values = series(test.series);
    const found = neweyWestMean(values, test.maxlags)!;
    expectClose(found.mean, test.mean);
    expectClose(longRunVariance(values, test.maxlags, 'bartlett'), test.long_run_variance);
    expectClose(found.statistic, test.t);
    expectProbability(found.pValue, test.p_two_sided_t);
    expectProbability(2 * normalCdf(-Math.abs(found.statistic)), test.p_two_sided_normal);
  });

  it('the automatic number of lags is the usual one', () => {
    expect([automaticLags(0), automaticLags(1), automaticLags(2), automaticLags(100), automaticLags(120), automaticLags(300)]).toEqual([
      0, 0, 1, 4, 4, 5,
    ]);
    expect(neweyWestMean(series('nw1'))!.lags).toBe(5);
  });

  it('scores of a series of forecasts', () => {
    const price = series('u_price');
    const forecast = series('u_forecast');
    const close = price.subarray(0, forecast.length);
    const found = skill({
      actual: close.map((value, i) => price[i + 1]! / value - 1),
      forecast: forecast.map((value, i) => value / close[i]! - 1),
      close,
      horizon: 1,
    });
    const scores = golden.scores;
    expect(found.bars).toBe(scores.n);
    expectClose(found.theilU2, scores.theil_u2!);
    expectClose(found.skillVsPersistence, scores.r2_oos_return_vs_zero!);
    expectClose(found.return.r2, scores.r2_return_vs_mean!);
    expectClose(found.price.r2, scores.r2_price!);
    expectClose(found.price.rmse, scores.rmse!);
    expectClose(found.price.mae, scores.mae!);
    expectClose(found.price.bias, scores.bias_mean_error!);
    expectClose(found.price.mape, scores.mape_pct! / 100);
    expectClose(found.directionAccuracy, scores.direction_accuracy!);
    expectClose(found.informationCoefficient, scores.pearson_ic!);
    expectClose(found.rankInformationCoefficient, scores.spearman_ic!);
    expect(found.price.negativeShare).toBe(0);
  });

  it('rank correlation with ties, and its probability', () => {
    const { x, y, rho, p } = golden.spearman_ties;
    const found = spearman(Float64Array.from(x), Float64Array.from(y))!;
    expectClose(found, rho);
    const degrees = x.length - 2;
    expectProbability(studentTwoSided(found * Math.sqrt(degrees / (1 - found * found)), degrees), p);
    expect(pearson(Float64Array.from(x), Float64Array.from(x))).toBeCloseTo(1, 14);
  });
});
