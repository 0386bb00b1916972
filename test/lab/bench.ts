import type { Bars } from '../../src/core/bars.ts';
import { type SyntheticKind, synthetic } from '../../src/data/synthetic.ts';
import { type ExperimentSurroundings, runExperiment } from '../../src/lab/experiment.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import type { ExperimentPlan, MarketBars } from '../../src/lab/plan.ts';
import { labRequest } from '../../src/lab/request.ts';
import type { Experiment, ModelScore } from '../../src/lab/result.ts';
import { learners } from '../../src/models/baselines/learners.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createWasmTrainer } from '../../src/models/engines/wasm/trainer.ts';
import type { Request } from '../../src/models/fit.ts';
import { createModel, type Model, type ModelOptions } from '../../src/models/model.ts';
import type { Trainer } from '../../src/models/trainer.ts';

const DAY = 86_400_000;

/** A network that learns in milliseconds; every test's own options on top. */
export function tiny(options: Partial<ModelOptions> = {}): Model {
  return createModel({
    kind: 'gru',
    units: [4],
    lookback: 5,
    features: ['logReturn', 'range'],
    target: 'return',
    ...options,
    train: { epochs: 2, ...options.train },
  });
}

/** A plan with the tiny network, one seed and few baselines. */
export function planOf(changes: Partial<ExperimentPlan> = {}): ExperimentPlan {
  return {
    name: 'bench',
    models: [{ name: 'gru', model: tiny() }],
    split: { kind: 'shares', train: 0.6, validation: 0.2, test: 0.2 },
    windows: 'overlapping',
    dropLast: false,
    seeds: [1],
    baselines: ['persistence', 'linear'],
    baselineInputs: 'window',
    ensemble: [],
    ...changes,
  };
}

/** A seeded daily market under a name of one's own. */
export function market(name: string, seed: number, bars = 200, kind: SyntheticKind = 'planted'): Bars {
  const made = synthetic(kind, { bars, intervalMs: DAY, start: Date.UTC(2020, 0, 1), seed, share: kind === 'white-noise' ? 0 : 0.1 });
  return { ...made.bars, market: name };
}

const trainers = new Map<number, Promise<Trainer>>();

/** The real trainer; one for each number of threads. */
export function wasm(threads = 1): Promise<Trainer> {
  const found = trainers.get(threads) ?? createWasmTrainer({ threads });
  trainers.set(threads, found);
  return found;
}

/** Runs a plan on bars with the real engine; nothing is kept between two runs. */
export function run(
  plan: ExperimentPlan,
  markets: readonly (Bars | MarketBars)[],
  changes: Partial<ExperimentSurroundings> = {},
): Promise<Experiment> {
  return runExperiment(
    plan,
    markets.map((one): MarketBars => ('openTime' in one ? { market: one.market, bars: one } : one)),
    {
      networkTrainer: () => wasm(),
      learnerTrainer: (kind) => learners[kind],
      fits: memoryFitStore(),
      clock: () => 0,
      config: {},
      data: [],
      ...changes,
    },
  );
}

/** The request of a model's fit on markets, as an experiment makes it. */
export function requestOf(plan: ExperimentPlan, model: Model, markets: readonly Bars[], seed = 1, trainer = 'trainer'): Request {
  const inputs = markets.map((bars) => openMarket(plan, bars)(model));
  return labRequest(markets.length === 1 ? markets[0]!.market : 'class', model, inputs, seed, trainer);
}

/** The scores of a model on an output. */
export function scoreOf({ report }: Experiment, model: string, output = 'close', of = report.scores[0]!.market): ModelScore {
  const found = report.scores.find((score) => score.model === model && score.output === output && score.market === of);
  if (!found) throw new Error(`no scores of ${model} on ${output} of ${of}`);
  return found;
}

/** The shown forecasts of a model on an output. */
export function levelsOf({ series }: Experiment, model: string, output = 'close'): Float64Array {
  const found = series.find((one) => one.output === output)?.forecasts.find((forecast) => forecast.model === model);
  if (!found) throw new Error(`no forecasts of ${model} on ${output}`);
  return found.level;
}
