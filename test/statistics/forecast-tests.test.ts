import { describe, expect, it } from 'vitest';
import { binomialTail, wilsonInterval } from '../../src/statistics/binomial.ts';
import { optimalBlockLength } from '../../src/statistics/block-length.ts';
import { pearson, spearman } from '../../src/statistics/correlation.ts';
import { dieboldMariano, squaredLossDifference } from '../../src/statistics/diebold-mariano.ts';
import { countDirections, majorityShare, majorityTest, pesaranTimmermann } from '../../src/statistics/direction.ts';
import { forecastError } from '../../src/statistics/forecast-error.ts';
import { automaticLags, longRunVariance } from '../../src/statistics/long-run-variance.ts';
import { neweyWestMean } from '../../src/statistics/newey-west.ts';
import { normalCdf } from '../../src/statistics/normal.ts';
import { meanAbsoluteScaledError, symmetricMeanAbsolutePercentageError } from '../../src/statistics/scaled-error.ts';
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
    dm_plain: number;
    p_plain_normal: number;
    hln_factor: number;
    statistic: number | null;
    p_two_sided: number;
    p_model1_worse: number;
    library_dieboldmariano: { statistic: number; p: number } | string;
    bartlett_variant?: { long_run_variance: number };
  }[];
  pesaran_timmermann: {
    id: string;
    y: string;
    x: string;
    n: number;
    hit_rate: number;
    py: number;
    px: number;
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
    two_sided_vs_half: number;
    wilson95: [number, number];
    clopper_pearson95: [number, number];
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
    t_with_small_sample_factor: number;
  }[];
  scores: Record<string, number>;
  spearman_ties: { x: number[]; y: number[]; rho: number; p: number };
  optimal_block_length: { series: string; n: number; stationary: number; circular: number }[];
}

const empty: Reference = {
  series: {},
  diebold_mariano: [],
  pesaran_timmermann: [],
  binomial: [],
  newey_west_mean: [],
  scores: {},
  spearman_ties: { x: [], y: [], rho: 0, p: 0 },
  optimal_block_length: [],
};
const golden = present ? reference<Reference>('forecast-tests.json') : empty;

function series(name: string, length = 0): Float64Array {
  return name === 'all ones' ? new Float64Array(length).fill(1) : Float64Array.from(golden.series[name] ?? []);
}

function expectProbability(received: number | null, expected: number | null): void {
  if (received === null || expected === null) expect(received).toBe(expected);
  else expect(Math.abs(received - expected)).toBeLessThan(1e-8);
}

/** Two-sided, of a correlation of n pairs: Student's t with n - 2 degrees of freedom. */
function correlationProbability(correlation: number, n: number): number {
  return studentTwoSided(correlation * Math.sqrt((n - 2) / (1 - correlation * correlation)), n - 2);
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
    // Without the small-sample correction, as first published.
    const plain = found.statistic! / test.hln_factor;
    expectClose(plain, test.dm_plain);
    expectProbability(2 * normalCdf(-Math.abs(plain)), test.p_plain_normal);
    const library = test.library_dieboldmariano;
    if (typeof library === 'string') return;
    expectClose(found.statistic, library.statistic);
    expectProbability(found.pValue, library.p);
  });

  it.each(golden.pesaran_timmermann.map((test) => [test.id, test] as const))('Pesaran-Timmermann: %s', (_, test) => {
    const directions = countDirections(series(test.y), series(test.x, test.n));
    expect(directions.count).toBe(test.n);
    expectClose(directions.hits / directions.count, test.hit_rate);
    expectClose(directions.actualUp / directions.count, test.py);
    expectClose(directions.forecastUp / directions.count, test.px);
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
    // At one half both tails are alike. The exact interval ends where each tail holds 2.5 %.
    expectProbability(Math.min(1, 2 * binomialTail(Math.max(test.hits, test.n - test.hits), test.n, 0.5)), test.two_sided_vs_half);
    expectProbability(binomialTail(test.hits, test.n, test.clopper_pearson95[0]), 0.025);
    expectProbability(1 - binomialTail(test.hits + 1, test.n, test.clopper_pearson95[1]), 0.025);
  });

  it.each(golden.newey_west_mean.map((test) => [test.id, test] as const))('Newey-West: %s', (_, test) => {
    const values = series(test.series);
    const found = neweyWestMean(values, test.maxlags)!;
    expectClose(found.mean, test.mean);
    expectClose(longRunVariance(values, test.maxlags, 'bartlett'), test.long_run_variance);
    expectClose(found.statistic, test.t);
    expectProbability(found.pValue, test.p_two_sided_t);
    expectProbability(2 * normalCdf(-Math.abs(found.statistic)), test.p_two_sided_normal);
    expectClose(found.statistic * Math.sqrt((test.n - 1) / test.n), test.t_with_small_sample_factor);
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
    expectProbability(correlationProbability(found.rankInformationCoefficient!, scores.n!), scores.spearman_p!);
    const next = price.subarray(1, forecast.length + 1);
    expectClose(meanAbsoluteScaledError(next, forecast, close), scores.mase!);
    expectClose(symmetricMeanAbsolutePercentageError(next, forecast), scores.smape_pct! / 100);
    // Of prices, which weigh dear times more than returns do.
    const persistence = forecastError(next, close).rmse!;
    const ratio = found.price.rmse! / persistence;
    expectClose(ratio, scores.rmse_ratio_to_persistence!);
    expectClose(1 - ratio * ratio, scores.r2_oos_vs_persistence!);
  });

  it('rank correlation with ties, and its probability', () => {
    const { x, y, rho, p } = golden.spearman_ties;
    const found = spearman(Float64Array.from(x), Float64Array.from(y))!;
    expectClose(found, rho);
    expectProbability(correlationProbability(found, x.length), p);
    expect(pearson(Float64Array.from(x), Float64Array.from(x))).toBeCloseTo(1, 14);
  });

  it.each(golden.optimal_block_length.map((test) => [test.series, test] as const))('optimal block length: %s', (name, test) => {
    const values = series(name);
    expect(values).toHaveLength(test.n);
    const found = optimalBlockLength(values)!;
    expectClose(found.stationary, test.stationary, 1e-6);
    expectClose(found.circular, test.circular, 1e-6);
  });
});
