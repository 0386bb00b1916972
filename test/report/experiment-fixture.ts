import { createRandom, deriveSeed } from '../../src/core/random.ts';
import type { Band, Bands, Experiment, ModelScore, OutputSeries, Part, PartSummary, Scores, TrainingRun } from '../../src/lab/result.ts';
import { bandedScores } from '../../src/lab/result.ts';
import { dieboldMariano, squaredLossDifference } from '../../src/statistics/diebold-mariano.ts';
import { skill } from '../../src/statistics/skill.ts';

const DAY = 86_400_000;
const START = Date.UTC(2020, 0, 2, 21);
const PARTS = { train: 400, validation: 127, test: 131 } as const;

export const BASELINES = ['persistence', 'drift', 'majority', 'linear', 'forest', 'support-vector', 'boosting'];

export interface ExperimentFixtureOptions {
  readonly markets?: readonly string[];
  readonly outputs?: readonly string[];
  readonly networks?: readonly string[];
  readonly ensembles?: readonly string[];
  readonly baselines?: readonly string[];
  readonly seeds?: number;
  readonly epochs?: number;
  readonly parts?: Readonly<Record<Part, number>>;
  readonly scored?: 'validation' | 'test';
  /** A network of this name is far off: its R2 is negative. */
  readonly wild?: string;
  /** Level around which the outputs move. */
  readonly level?: number;
  /** Quantile forecasts and probabilities are scored too. */
  readonly distribution?: boolean;
  readonly failures?: Experiment['report']['failures'];
}

/** A seeded experiment in the shape that `train` gives: random walks, forecasts that echo the last level more or less well, their true scores. */
export function experimentFixture(options: ExperimentFixtureOptions = {}): Experiment {
  const { markets = ['AAPL'], outputs = ['close'], scored = 'test', parts = PARTS, failures = [] } = options;
  const pairs = markets.flatMap((market) => outputs.map((output) => onePair(market, output, options)));
  const dates = (from: number, rows: number): PartSummary => ({
    rows,
    windows: Math.max(0, rows - 1),
    from: rows === 0 ? null : iso(START + from * DAY),
    to: rows === 0 ? null : iso(START + (from + rows - 1) * DAY),
  });
  return {
    series: pairs.map((pair) => pair.series),
    report: {
      schema: 'paperwalk/experiment@1',
      experimentId: 'apples-0123456789ab',
      name: 'apples',
      config: { seed: 7, models: options.networks ?? ['gru', 'lstm'] },
      engine: 'wasm',
      data: markets.map((market) => ({
        market,
        origin: `${market}.csv`,
        bars: parts.train + parts.validation + parts.test,
        from: iso(START),
        to: iso(START + (parts.train + parts.validation + parts.test) * DAY),
        sha256: 'a'.repeat(64),
        warnings: [],
      })),
      horizon: 1,
      scored,
      split: markets.map((market) => ({
        market,
        rows: parts.train + parts.validation + parts.test,
        train: dates(0, parts.train),
        validation: dates(parts.train, parts.validation),
        test: dates(parts.train + parts.validation, parts.test),
      })),
      scores: pairs.flatMap((pair) => pair.scores),
      grid: [],
      failures,
      assumptions: ['The scaler saw the training part only.', 'Windows do not cross from one part into the next.'],
      verdict:
        'No network is better than the last price: the best, gru, has a squared error that is 1.30% higher, a difference within chance. Its R2 of 0.9712 on prices is no evidence, since any echo of the last price gets that.',
      timings: { training: 12.5, total: 14.1 },
    },
  };
}

function onePair(market: string, output: string, options: ExperimentFixtureOptions): { series: OutputSeries; scores: ModelScore[] } {
  const { networks = ['gru', 'lstm'], ensembles = ['ensemble'], baselines = BASELINES, seeds = 10, parts = PARTS } = options;
  const random = createRandom(deriveSeed(7, market, output));
  const rows = parts.train + parts.validation + parts.test;
  const naive = new Float64Array(rows);
  const actual = new Float64Array(rows);
  const volatile = output === 'volatility';
  let level = volatile ? 0.01 : (options.level ?? 120);
  for (let i = 0; i < rows; i++) {
    naive[i] = level;
    level *= 1 + (volatile ? 0.05 : 0.016) * random.normal() + 0.0008;
    actual[i] = level;
  }
  // The outcome of the last row is not known yet.
  if (rows > 0) actual[rows - 1] = Number.NaN;
  const time = Float64Array.from({ length: rows }, (_, i) => (i === rows - 1 ? Number.NaN : START + i * DAY));
  const part = Array.from(
    { length: rows },
    (_, i): Part => (i < parts.train ? 'train' : i < parts.train + parts.validation ? 'validation' : 'test'),
  );
  const columnOf = (model: string, seed: number): Float64Array => {
    const own = createRandom(deriveSeed(seed, market, output, model));
    if (model === 'persistence') return naive.slice();
    if (model === 'drift') return naive.map((value) => value * 1.0008);
    if (model === 'majority') return naive.map((value) => value * 1.002);
    const spread = baselines.includes(model) ? 0.004 : 0.006 + 0.001 * own.uniform();
    const lag = own.uniform() * 0.5;
    return naive.map((value, i) => {
      // A window reaches back, so the first rows have no forecast.
      if (i < 15) return Number.NaN;
      const echo = value + lag * (naive[Math.max(0, i - 1)]! - value) + value * spread * own.normal();
      return model === options.wild ? echo * (0.5 - 0.8 * own.uniform()) : echo;
    });
  };
  const linear = columnOf('linear', 0);
  const rowsOf = (which: Part) => part.flatMap((name, i) => (name === which ? [i] : []));
  const scoresOf = (column: Float64Array, which: Part, model: string): Scores | null => {
    const own = rowsOf(which);
    if (own.length === 0) return null;
    const relative = (levels: Float64Array) => Float64Array.from(own, (i) => levels[i]! / naive[i]! - 1);
    const outcome = relative(actual);
    const test = dieboldMariano(squaredLossDifference(outcome, relative(linear), relative(column)), 1);
    return {
      ...skill({ actual: outcome, forecast: relative(column), close: Float64Array.from(own, (i) => naive[i]!), horizon: 1 }),
      dieboldMarianoLinear: model === 'linear' ? null : test,
      coverage:
        options.distribution === true && networks.includes(model)
          ? {
              quantiles: [
                { quantile: 0.05, share: 0.08, pValue: 0.14 },
                { quantile: 0.5, share: 0.47, pValue: 0.49 },
                { quantile: 0.95, share: null, pValue: null },
              ],
              interval: { nominal: 0.9, share: 0.86 },
              pinball: 0.0041,
            }
          : null,
      calibration:
        options.distribution === true && networks.includes(model)
          ? {
              brier: 0.2512,
              brierOfShare: 0.2489,
              logLoss: null,
              bins: [{ from: 0.5, to: 0.6, count: 70, meanProbability: 0.54, share: 0.51 }],
            }
          : null,
    };
  };
  const oneRun = (model: string, role: ModelScore['role'], seed: number): TrainingRun & { readonly column: Float64Array } => {
    const own = createRandom(deriveSeed(seed, model, 'losses'));
    const column = columnOf(model, seed);
    const epochs = role === 'network' ? (options.epochs ?? 20) : 0;
    const losses = Array.from({ length: epochs }, (_, i) => 0.008 + Math.exp(-0.45 * i) * (0.7 + 0.3 * own.uniform()));
    const validationLosses = losses.map((loss, i) => 0.7 * loss + 0.006 + 0.004 * own.uniform() + 0.0003 * i);
    return {
      seed,
      fit: role === 'network' ? `${deriveSeed(seed, model).toString(16)}` : null,
      epochs,
      bestEpoch: validationLosses.indexOf(Math.min(...validationLosses)) + 1,
      seconds: role === 'network' ? 0.5 + own.uniform() : 0,
      cached: false,
      losses,
      validationLosses,
      validation: scoresOf(column, 'validation', model),
      test: scoresOf(column, 'test', model),
      column,
    };
  };
  const forecasts: { model: string; level: Float64Array }[] = [];
  const scores: ModelScore[] = [];
  const add = (model: string, role: ModelScore['role'], count: number) => {
    const all = Array.from({ length: count }, (_, seed) => oneRun(model, role, seed + 1));
    const shown = medianRun(all, options.scored ?? 'test');
    forecasts.push({ model, level: all[shown]!.column });
    scores.push({
      market,
      model,
      role,
      output,
      parameters: role === 'baseline' && model !== 'linear' ? null : 12_345,
      runs: all.map(({ column: _, ...run }) => run),
      shown,
      bands: count < 2 ? null : { validation: bandsOf(all.map((run) => run.validation)), test: bandsOf(all.map((run) => run.test)) },
    });
  };
  for (const model of networks) add(model, 'network', seeds);
  for (const model of ensembles) add(model, 'ensemble', 1);
  for (const model of baselines) add(model, 'baseline', 1);
  return { series: { market, output, time, part, naive, actual, forecasts }, scores };
}

function medianRun(runs: readonly TrainingRun[], scored: 'validation' | 'test'): number {
  const order = runs.map((_, at) => at).sort((a, b) => (runs[a]![scored]?.price.r2 ?? 0) - (runs[b]![scored]?.price.r2 ?? 0));
  return order[Math.floor((order.length - 1) / 2)] ?? 0;
}

function bandsOf(scores: readonly (Scores | null)[]): Bands | null {
  const bands: Partial<Record<(typeof bandedScores)[number], Band>> = {};
  for (const name of bandedScores) {
    const values = scores
      .flatMap((one) => {
        if (one === null) return [];
        const value = name === 'directionAccuracy' || name === 'skillVsPersistence' ? one[name] : one.price[name];
        return value === null ? [] : [value];
      })
      .sort((a, b) => a - b);
    if (values.length === 0) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const at = (quantile: number) => {
      const position = quantile * (values.length - 1);
      const low = Math.floor(position);
      const high = Math.min(values.length - 1, low + 1);
      return values[low]! + (position - low) * (values[high]! - values[low]!);
    };
    const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
    bands[name] = {
      mean,
      standardDeviation: Math.sqrt(squares / (values.length - 1)),
      minimum: at(0),
      p10: at(0.1),
      median: at(0.5),
      p90: at(0.9),
      maximum: at(1),
    };
  }
  return Object.keys(bands).length === 0 ? null : bands;
}

function iso(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}
