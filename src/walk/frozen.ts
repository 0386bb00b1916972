import type { Column } from '../core/bars.ts';
import { firstRowAt } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { learners } from '../models/baselines/learners.ts';
import { type Fit, fit as fitRequest } from '../models/fit.ts';
import { type BaselineKind, isBaseline, type Model, walkBaselines } from '../models/model.ts';
import type { Bot } from './bot.ts';
import { comparedModels, type MarketInputs, prepareInputs } from './inputs.ts';
import { requestAt } from './plan.ts';
import type { Predictions, Surroundings } from './predictions.ts';
import { frozenForecasts } from './walk.ts';

/**
 * What a stored fit, which is not trained again, says of every row after it was made. The baselines are fitted on the rows that it learnt
 * from as far as the bars reach back to them; one that cannot be is left out, persistence never.
 */
export async function predictFrozen(
  bot: Bot,
  frozen: Fit,
  panel: Panel,
  around: Surroundings,
  kinds: readonly BaselineKind[] = walkBaselines,
): Promise<Predictions> {
  const { model } = frozen;
  const trainer = isBaseline(model.kind) ? learners[model.kind] : await around.networkTrainer(model.engine);
  const inputs = prepareInputs(bot, panel) ?? [];
  const { outcomes, ...forecasts } = frozenForecasts(frozen, panel, inputs, trainer, isBaseline(model.kind) ? undefined : around.forecasts);
  const baselines: { name: string; columns: readonly Column[] }[] = [];
  for (const baseline of comparedModels(asSampled(frozen), kinds)) {
    const said = await baselineColumns(bot, baseline, frozen, panel, inputs, around);
    if (said) baselines.push({ name: baseline.kind, columns: said });
  }
  const { key, market, slot, time, trainedFrom, trainedTo, trainSamples, validationSamples } = frozen;
  const request = { key, market, model, slot, time, trainedFrom, trainedTo, trainCount: trainSamples, validationCount: validationSamples };
  return {
    inputs,
    forecasts,
    outcomes,
    records: [{ request, outcome: { kind: 'fit', fit: frozen }, cached: true, seconds: 0 }],
    baselines,
    engine: trainer.description,
    engineId: trainer.id,
  };
}

/** The model with the samples that its fit really had, however it was asked for. */
export function asSampled({ model, trainSamples, validationSamples }: Fit): Model {
  const window = trainSamples + validationSamples;
  return { ...model, sampling: { ...model.sampling, window, expanding: false, validation: validationSamples / window } };
}

async function baselineColumns(
  bot: Bot,
  model: Model,
  frozen: Fit,
  panel: Panel,
  inputs: readonly MarketInputs[],
  around: Surroundings,
): Promise<readonly Column[] | undefined> {
  if (model.kind === 'persistence') {
    return panel.markets.map((bars, m) =>
      Float64Array.from({ length: bars.length }, (_, row) => (inputs[m]!.complete[row] === 1 ? 0 : Number.NaN)),
    );
  }
  if (!isBaseline(model.kind)) return undefined;
  const trainer = learners[model.kind];
  const columns: Column[] = [];
  for (const [m, bars] of panel.markets.entries()) {
    around.signal?.throwIfAborted();
    // The bar at whose close the fit was made: its close is the first one that is not before the fit's time.
    const row = firstRowAt(bars, frozen.time - bars.intervalMs);
    const request = requestAt(bot, model, panel, inputs[m]!, { market: m, slot: 0, row }, trainer.id);
    const outcome = request && (await fitRequest(request, trainer, {}));
    if (outcome?.kind !== 'fit') return undefined;
    const single = { ...panel, markets: [bars], row: [panel.row[m]!] };
    columns.push(frozenForecasts({ ...outcome.fit, time: frozen.time }, single, [inputs[m]!], trainer).columns[0]!);
  }
  return columns;
}
