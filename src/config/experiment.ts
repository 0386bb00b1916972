import { instantOf } from '../data/instant.ts';
import type { ExperimentPlan, GridCell, NamedModel, SplitRule } from '../lab/plan.ts';
import { gridCells } from '../lab/plan.ts';
import { createModel, isBaseline } from '../models/model.ts';
import { outputNames } from '../models/target.ts';
import { modelOptions, type ResolvedModel, resolveModel, shareOf } from './options.ts';
import type { Problem } from './problem.ts';
import { type BotConfig, type ExperimentConfig, experimentDefaults, type ModelConfig, splitShare } from './schema.ts';

/** The experiment that a bot file describes; undefined where it has no model. */
export function experimentPlan(config: BotConfig): ExperimentPlan | undefined {
  const section = config.experiment ?? experimentDefaults();
  const sections = modelsOf(config, section);
  if (sections.length === 0) return undefined;
  const named = sections.map((model, k) => ({ name: nameOf(sections, k), section: model }));
  const { grid, pool, score } = section;
  return {
    name: config.name,
    models: named.map(({ name, section: model }): NamedModel => ({ name, model: createModel(modelOptions(model)) })),
    split: splitOf(section.split),
    windows: section.windows,
    dropLast: section.dropLast,
    ...(score && { score }),
    seeds: Array.from({ length: section.seeds }, (_, k) => config.seed + k),
    baselines: section.baselines,
    baselineInputs: section.baselineInputs,
    ...(pool === 'class' && { pool: new Map(config.markets.map(({ source, class: name }) => [source, name ?? source])) }),
    ensemble:
      section.ensemble.length === 0 && config.ensemble && sections.length > 1 && !section.models
        ? // A split has no past forecasts to stack by; its weights come from the validation rows.
          [config.ensemble.combine === 'stacking' ? 'weighted' : config.ensemble.combine]
        : section.ensemble,
    ...(grid && { grid: new Map(named.map(({ name, section: model }) => [name, cellsOf(model, grid)])) }),
  };
}

/** What an experiment trains: its own models, or the bot's and, of an ensemble, its members; those that are baselines stand beside them anyway. */
function modelsOf({ model, ensemble }: BotConfig, { models }: ExperimentConfig): readonly ModelConfig[] {
  if (models) return models;
  const all = model ? [model, ...(ensemble?.members ?? [])] : [];
  const networks = all.filter(({ kind }) => !isBaseline(kind));
  return networks.length > 0 ? networks : all.slice(0, 1);
}

/** An experiment's section with its models spelled out; plain JSON that is itself valid. */
export function resolveExperiment(
  section: ExperimentConfig,
): Omit<ExperimentConfig, 'models'> & { readonly models?: readonly ResolvedModel[] } {
  const { models, ...rest } = section;
  return { ...rest, ...(models && { models: models.map(resolveModel) }) };
}

/** What is wrong between the values of an experiment. */
export function checkExperiment(config: BotConfig): Problem[] {
  const section = config.experiment;
  if (!section) return [];
  const problem = (path: Problem['path'], message: string): Problem => ({ path: ['experiment', ...path], part: 'value', message });
  const found: Problem[] = [];
  const models = modelsOf(config, section);
  if (models.length === 0) found.push(problem([], 'Expected a model to experiment with, received none; add model or experiment.models'));
  models.forEach((model, k) => {
    const path = section.models ? ['models', k] : [];
    if (isBaseline(model.kind)) {
      found.push(problem(path, `Expected a network in an experiment, received ${model.kind}; name baselines under experiment.baselines`));
      return;
    }
    try {
      createModel(modelOptions(model));
      if (section.grid) cellsOf(model, section.grid);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      found.push(problem(path, error.message));
    }
    const first = models[0]!;
    const outputs = (one: ModelConfig) => outputNames(one.target).join(', ');
    if (model.horizon !== first.horizon) {
      found.push(
        problem(
          path,
          `Expected one horizon for all models, received ${model.horizon} beside ${first.horizon}; compare them in two experiments`,
        ),
      );
    }
    if (outputs(model) !== outputs(first)) {
      found.push(
        problem(
          path,
          `Expected forecasts of the same for all models, received ${outputs(model)} beside ${outputs(first)}; compare them in two experiments`,
        ),
      );
    }
  });
  const rule = splitOf(section.split);
  if (section.score === 'test' && !rule.test) {
    found.push(problem(['score'], 'Expected a test part to score, received a split without one; write split: 70/15/15'));
  }
  if (rule.kind === 'dates' && rule.test !== undefined && rule.test <= rule.validation) {
    found.push(problem(['split', 'test'], 'Expected experiment.split.test to lie after experiment.split.validation'));
  }
  if (section.pool === 'class' && config.markets.every((market) => market.class === undefined)) {
    found.push(
      problem(['pool'], 'Expected classes to pool markets by, received none; write markets: [{ source: csv:a.csv, class: shares }]'),
    );
  }
  const several = models.length > 1 || section.seeds > 1;
  if (section.ensemble.length > 0 && !several) {
    found.push(
      problem(
        ['ensemble'],
        'Expected several models or seeds to combine, received one of each; add experiment.models or raise experiment.seeds',
      ),
    );
  }
  return found;
}

function splitOf(split: ExperimentConfig['split']): SplitRule {
  if (typeof split !== 'string') {
    const { validation, test } = split;
    return { kind: 'dates', validation: instantOf(validation), ...(test !== undefined && { test: instantOf(test) }) };
  }
  const [train, validation, test] = splitShare(split)!;
  return { kind: 'shares', train, validation, test };
}

function cellsOf(model: ModelConfig, grid: NonNullable<ExperimentConfig['grid']>): readonly GridCell[] {
  const { dropout, units, learningRate, lookback } = grid;
  return gridCells(
    modelOptions(model),
    {
      ...(units && { units }),
      ...(dropout && { dropout: dropout.map(shareOf) }),
      ...(learningRate && { learningRate }),
      ...(lookback && { lookback }),
    },
    createModel,
  );
}

/** Its preset or kind; with a number where there are several of that name. */
function nameOf(models: readonly ModelConfig[], k: number): string {
  const name = (model: ModelConfig) => model.preset ?? model.kind;
  const own = name(models[k]!);
  const before = models.slice(0, k).filter((model) => name(model) === own).length;
  return before === 0 ? own : `${own}-${before + 1}`;
}
