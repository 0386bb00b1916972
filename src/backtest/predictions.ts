import type { Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { drift, majority, persistence } from '../models/baselines/constant.ts';
import { linear } from '../models/baselines/linear.ts';
import { type FitStore, type ForecastStore, memoryFitStore } from '../models/bundle.ts';
import type { EngineKind } from '../models/engine.ts';
import { type BaselineKind, baselineKinds, isBaseline, type Model } from '../models/model.ts';
import type { Trainer } from '../models/trainer.ts';
import type { Bot } from '../walk/bot.ts';
import { comparedModels, type MarketInputs, prepareInputs } from '../walk/inputs.ts';
import type { Outcomes } from '../walk/plan.ts';
import { collectFits, collectFitsAt, type Forecasts, forecastAll, type RowRange } from '../walk/walk.ts';
import { type FitRecord, type Progress, storedFits } from './fit-source.ts';

const BASELINES: Readonly<Record<BaselineKind, Trainer>> = { persistence, drift, majority, linear };

/** What a model and its baselines said about every row, and how their fits were come by. */
export interface Predictions {
  readonly inputs: readonly MarketInputs[];
  readonly forecasts: Forecasts;
  readonly outcomes: Outcomes;
  readonly records: readonly FitRecord[];
  readonly baselines: readonly { readonly name: string; readonly columns: readonly Column[] }[];
  /** For people: which engine computed the fits. */
  readonly engine: string;
  readonly engineId: string;
}

export interface Surroundings {
  /** The trainer of networks on an engine; asked for only where a network is to be trained or opened. */
  readonly networkTrainer: (engine: EngineKind) => Promise<Trainer>;
  readonly fits: FitStore;
  /** Where the network's forecasts are kept; none are where it is left out. */
  readonly forecasts?: ForecastStore;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** All fits of the walk over the given rows, the model's and the baselines', and what they forecast. */
export async function predict(
  bot: Bot,
  model: Model,
  panel: Panel,
  ranges: readonly RowRange[],
  around: Surroundings,
): Promise<Predictions> {
  // An engine's threads start while the features are worked out.
  const starting = isBaseline(model.kind) ? BASELINES[model.kind] : around.networkTrainer(model.engine);
  const inputs = prepareInputs(bot, panel) ?? [];
  const trainer = await starting;
  const records: FitRecord[] = [];
  const source = storedFits(trainer, around.fits, around.clock, records, around.onProgress, around.signal);
  const outcomes = await collectFits(bot, model, panel, inputs, ranges, trainer, source);
  const forecasts = forecastAll(bot, panel, inputs, ranges, outcomes, trainer, isBaseline(model.kind) ? undefined : around.forecasts);
  const served = records.filter((record) => record.outcome.kind === 'fit').map((record) => record.request);

  const baselines: { name: string; columns: readonly Column[] }[] = [];
  for (const compared of comparedModels(model, baselineKinds)) {
    const kind = compared.kind as BaselineKind;
    const baselineTrainer = BASELINES[kind];
    // Constants are cheaper to work out than to read; a ridge over long windows is not.
    const store = kind === 'linear' ? around.fits : memoryFitStore();
    const baselineSource = storedFits(baselineTrainer, store, around.clock, [], around.onProgress, around.signal);
    const fitted = await collectFitsAt(bot, compared, panel, inputs, served, baselineTrainer.id, baselineSource);
    baselines.push({ name: kind, columns: forecastAll(bot, panel, inputs, ranges, fitted, baselineTrainer).columns });
  }
  return { inputs, forecasts, outcomes, records, baselines, engine: trainer.description, engineId: trainer.id };
}
