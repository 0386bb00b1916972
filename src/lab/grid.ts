import type { Model } from '../models/model.ts';
import { networkOf } from '../models/model.ts';
import { parameterCount } from '../models/parameters.ts';
import type { Trainer } from '../models/trainer.ts';
import type { ExperimentPlan } from './plan.ts';
import type { GridResult } from './result.ts';
import type { Opened } from './subjects.ts';
import { fitAll, type Job, type LabSurroundings } from './training.ts';

/** Of each subject, the model that each name stands for. */
export interface Choice {
  readonly chosen: ReadonlyMap<string, ReadonlyMap<string, Model>>;
  readonly grid: readonly GridResult[];
}

/**
 * For every model with a grid, fits each combination with the first seed and takes the one with the least validation loss; the test part
 * is not looked at. Models without a grid are taken as they are.
 */
export async function chooseCells(
  plan: ExperimentPlan,
  opened: Opened,
  trainers: ReadonlyMap<Model, Trainer>,
  around: LabSurroundings,
): Promise<Choice> {
  const chosen = new Map<string, Map<string, Model>>();
  const grid: GridResult[] = [];
  for (const subject of opened.subjects) {
    const models = new Map<string, Model>();
    for (const { name, model } of plan.models) {
      const cells = plan.grid?.get(name) ?? [];
      if (cells.length === 0) {
        models.set(name, model);
        continue;
      }
      const open = cells.flatMap((cell) => {
        const markets = subject.markets.map((market) => opened.inputsOf(market, cell.model)).filter((inputs) => inputs !== undefined);
        return markets.length > 0 ? [{ cell, markets }] : [];
      });
      const jobs = open.map(
        ({ cell, markets }): Job => ({
          subject: subject.name,
          name: `${name} (${cell.words})`,
          model: cell.model,
          markets,
          seed: plan.seeds[0]!,
        }),
      );
      const done = jobs.length > 0 ? await fitAll(jobs, trainers.get(jobs[0]!.model)!, around, true) : [];
      const losses = done.map((one) => (one.kind === 'fit' ? Math.min(...one.fit.validationLosses) : Infinity));
      const best = losses.indexOf(Math.min(...losses));
      if (best >= 0 && losses[best]! < Infinity) models.set(name, open[best]!.cell.model);
      grid.push({
        market: subject.name,
        model: name,
        tried: open.map(({ cell, markets }, k) => {
          const one = done[k]!;
          return {
            words: cell.words,
            parameters: parameterCount(networkOf(cell.model, markets[0]!.features.width)),
            epochs: one.kind === 'fit' ? one.fit.epochs : 0,
            validationLoss: losses[k]! < Infinity ? losses[k]! : null,
            chosen: k === best,
          };
        }),
      });
    }
    chosen.set(subject.name, models);
  }
  return { chosen, grid };
}
