import type { Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { learners } from '../models/baselines/learners.ts';
import { type FitStore, type ForecastStore, memoryFitStore } from '../models/bundle.ts';
import type { EngineKind } from '../models/engine.ts';
import type { Outcome } from '../models/fit.ts';
import { type BaselineKind, isBaseline, type Model, walkBaselines } from '../models/model.ts';
import type { Trainer } from '../models/trainer.ts';
import type { Bot } from './bot.ts';
import { combineForecasts, rowsBehind } from './combination.ts';
import { type FitRecord, type Progress, storedFits } from './fit-source.ts';
import { comparedModels, type MarketInputs, prepareInputs } from './inputs.ts';
import { onlyOnce } from './only-once.ts';
import { type Availability, NEVER, type Outcomes, slotName } from './plan.ts';
import { collectFits, type FitSource, type Forecasts, forecastAll, type RowRange, requestBeside } from './walk.ts';

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
  /** Of an ensemble, what each of its models says by itself. */
  readonly members?: readonly { readonly model: Model; readonly predictions: Predictions }[];
}

export interface Surroundings {
  /** The trainer of networks on an engine; asked for only where a network is to be trained or opened. */
  readonly networkTrainer: (engine: EngineKind) => Promise<Trainer>;
  /** The trainer of a model that is no network; default: in the calling thread. */
  readonly learnerTrainer?: (kind: BaselineKind) => Trainer;
  readonly fits: FitStore;
  /** Where the network's forecasts are kept; none are where it is left out. */
  readonly forecasts?: ForecastStore;
  /** Milliseconds from any origin. */
  readonly clock: () => number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What besides the models is asked, and when fits were there. */
export interface PredictOptions {
  /** What they are compared with; default: all that a walk has. */
  readonly baselines?: readonly BaselineKind[];
  /** Fits that were not there on schedule, by model: 0 is the bot's own, then the members of its ensemble. */
  readonly available?: (model: number) => Availability;
}

/** All fits of the walk over the given rows, the model's and the baselines', and what they forecast; of an ensemble, all members'. */
export async function predict(
  bot: Bot,
  model: Model,
  panel: Panel,
  ranges: readonly RowRange[],
  around: Surroundings,
  { baselines = walkBaselines, available }: PredictOptions = {},
): Promise<Predictions> {
  if (!bot.ensemble) return predictOne(bot, model, baselines, panel, ranges, around, available?.(0));
  // Members of one engine share its threads.
  const shared = { ...around, networkTrainer: onlyOnce(around.networkTrainer) };
  const { members } = bot.ensemble;
  const behind = rowsBehind(bot.ensemble, model.horizon);
  const rows = ranges.map(({ from, to }) => ({ from: from < to ? Math.max(0, from - behind) : from, to }));
  const first = await predictOne(bot, model, baselines, panel, rows, shared, available?.(0));
  const all = [first];
  for (const [k, member] of members.entries()) {
    all.push(await predictOne({ ...bot, model: member }, member, [], panel, rows, shared, available?.(k + 1)));
  }
  return {
    ...first,
    forecasts: combineForecasts(
      bot.ensemble,
      all.map(({ forecasts }) => forecasts),
      first.inputs.map(({ returns }) => returns),
    ),
    members: all.map((predictions, k) => ({ model: [model, ...members][k]!, predictions })),
    records: all.flatMap(({ records }) => records),
    engine: [...new Set(all.map(({ engine }) => engine))].join('; '),
  };
}

async function predictOne(
  bot: Bot,
  model: Model,
  baselineKinds: readonly BaselineKind[],
  panel: Panel,
  ranges: readonly RowRange[],
  around: Surroundings,
  available: Availability | undefined,
): Promise<Predictions> {
  // An engine's threads start while the features are worked out.
  const { learnerTrainer = (kind: BaselineKind) => learners[kind] } = around;
  const starting = isBaseline(model.kind) ? learnerTrainer(model.kind) : around.networkTrainer(model.engine);
  const inputs = prepareInputs(bot, panel) ?? [];
  const trainer = await starting;
  const records: FitRecord[] = [];
  const own = storedFits(trainer, around.fits, around.clock, records, around.onProgress, around.signal);
  const compared = comparedModels(model, baselineKinds).map((baseline) => {
    const kind = baseline.kind as BaselineKind;
    // Constants are cheaper to work out than to read; a ridge over long windows is not.
    const store = kind === 'linear' ? around.fits : memoryFitStore();
    const source = storedFits(learners[kind], store, around.clock, [], undefined, around.signal);
    return { model: baseline, trainer: learners[kind], source, outcomes: new Map<string, Outcome>() };
  });
  // While a network trains on threads of its own, this one fits what it will be compared with.
  const source: FitSource = async (request, place) => {
    if (available?.get(slotName(request.market, request.slot)) === Number.POSITIVE_INFINITY) {
      return { kind: 'refused', key: NEVER, reason: 'the session never got it' };
    }
    const beside = async () => {
      for (const {
        model: baseline,
        trainer: { id },
        source: fitted,
        outcomes,
      } of compared) {
        const same = requestBeside(bot, baseline, panel, inputs, request, id);
        if (same) outcomes.set(slotName(request.market, request.slot), await fitted(same, place));
      }
    };
    const [trained, others] = await Promise.allSettled([own(request, place), beside()]);
    if (trained.status === 'rejected') throw trained.reason;
    if (others.status === 'rejected') throw others.reason;
    // Where the model has no fit that serves, neither has a baseline.
    if (trained.value.kind === 'refused') for (const { outcomes } of compared) outcomes.delete(slotName(request.market, request.slot));
    return trained.value;
  };
  const outcomes = await collectFits(bot, model, panel, inputs, ranges, trainer, source);
  const forecasts = forecastAll(
    bot,
    model,
    panel,
    inputs,
    ranges,
    outcomes,
    trainer,
    isBaseline(model.kind) ? undefined : around.forecasts,
    available,
  );
  const baselines = compared.map((baseline) => ({
    name: baseline.model.kind,
    columns: forecastAll(bot, baseline.model, panel, inputs, ranges, baseline.outcomes, baseline.trainer).columns,
  }));
  return { inputs, forecasts, outcomes, records, baselines, engine: trainer.description, engineId: trainer.id };
}
