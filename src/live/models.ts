import { isBaseline, type Model } from '../models/model.ts';
import type { Trainer } from '../models/trainer.ts';
import type { Bot } from '../walk/bot.ts';
import type { Surroundings } from '../walk/predictions.ts';

/** A model of a bot and what trains and opens it. */
export interface TrainedModel {
  readonly model: Model;
  readonly trainer: Trainer;
}

/** The models of a bot: its own, then the members of its ensemble; none for a bot that forecasts nothing. */
export function modelsOf({ model, ensemble }: Pick<Bot, 'model' | 'ensemble'>): readonly Model[] {
  return model ? [model, ...(ensemble?.members ?? [])] : [];
}

/** The models with their trainers; models of one engine share its threads. */
export async function trainedModels(
  bot: Bot,
  { networkTrainer, learnerTrainer }: Required<Pick<Surroundings, 'networkTrainer' | 'learnerTrainer'>>,
): Promise<readonly TrainedModel[]> {
  const engines = new Map<string, Promise<Trainer>>();
  const network = (engine: Model['engine']) => {
    const found = engines.get(engine) ?? networkTrainer(engine);
    engines.set(engine, found);
    return found;
  };
  return Promise.all(
    modelsOf(bot).map(async (model) => ({
      model,
      trainer: isBaseline(model.kind) ? learnerTrainer(model.kind) : await network(model.engine),
    })),
  );
}
