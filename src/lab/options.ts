import { summarise } from '../backtest/backtest.ts';
import type { Bars } from '../core/bars.ts';
import { createLearnerPool } from '../models/baselines/learner-pool.ts';
import { type FitStore, memoryFitStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import { type BaselineKind, baselineKinds, type Model } from '../models/model.ts';
import type { Trainer } from '../models/trainer.ts';
import { runExperiment } from './experiment.ts';
import type { EnsembleKind, ExperimentPlan, SplitRule } from './plan.ts';
import type { Experiment } from './result.ts';
import type { LabProgress } from './training.ts';

/** An experiment in code. Everything but the bars and the models has a default. */
export interface ExperimentOptions {
  /** One market, or several with a model each. */
  readonly bars: Bars | readonly Bars[];
  /** Models by the names that tables call them by. */
  readonly models: Readonly<Record<string, Model>>;
  /** Default: 70 % of the rows train, 15 % validate, 15 % test. */
  readonly split?: SplitRule;
  readonly score?: 'validation' | 'test';
  /** How many seeds each model is trained with, from `seed` on; default 1. */
  readonly seeds?: number;
  readonly seed?: number;
  readonly baselines?: readonly BaselineKind[];
  readonly baselineInputs?: 'window' | 'row';
  readonly ensemble?: readonly EnsembleKind[];
  readonly name?: string;
  /** Trains networks; default: the models' engine. */
  readonly trainer?: Trainer;
  readonly fits?: FitStore;
  readonly onProgress?: (progress: LabProgress) => void;
  readonly abort?: AbortSignal;
}

/**
 * Fits models and baselines on one chronological split and compares them. Markets and models that cannot be fitted are among the report's
 * failures; throws a DataError where nothing is left to compare.
 */
export async function experiment(options: ExperimentOptions): Promise<Experiment> {
  const markets = Array.isArray(options.bars) ? (options.bars as readonly Bars[]) : [options.bars as Bars];
  const { seed = 1, seeds = 1, score, trainer, onProgress, abort } = options;
  const plan: ExperimentPlan = {
    name: options.name ?? 'experiment',
    models: Object.entries(options.models).map(([name, model]) => ({ name, model })),
    split: options.split ?? { kind: 'shares', train: 0.7, validation: 0.15, test: 0.15 },
    windows: 'overlapping',
    dropLast: false,
    ...(score && { score }),
    seeds: Array.from({ length: seeds }, (_, k) => seed + k),
    baselines: options.baselines ?? baselineKinds,
    baselineInputs: options.baselineInputs ?? 'window',
    ensemble: options.ensemble ?? [],
  };
  if (plan.models.length === 0) throw new TypeError('Expected at least one model, received none');
  const pool = createLearnerPool();
  try {
    return await runExperiment(
      plan,
      markets.map((bars) => ({ market: bars.market, bars })),
      {
        networkTrainer: async (engine) => trainer ?? loadTrainer(engine),
        learnerTrainer: (kind) => pool.trainers[kind],
        fits: options.fits ?? memoryFitStore(),
        // Timings belong to the command line tool, which has a clock.
        clock: () => 0,
        config: { ...plan, models: plan.models },
        data: markets.map((bars) => summarise({ bars, origin: 'given in code' })),
        ...(onProgress && { onProgress }),
        ...(abort && { signal: abort }),
      },
    );
  } finally {
    await pool.close();
  }
}
