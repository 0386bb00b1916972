import { describe, expect, it } from 'vitest';
import { parseOverride } from '../../src/config/override.ts';
import { resolveBot } from '../../src/config.ts';
import type { ExperimentPlan } from '../../src/lab/plan.ts';
import { baselineKinds, createModel } from '../../src/models/model.ts';
import { preset, presetNames } from '../../src/models/preset.ts';
import { refusalOf } from '../support/refusal.ts';

const BOT = `name: example
markets: [synthetic:planted]
interval: 1d
strategy: buy-and-hold
seed: 5
`;

const load = (text: string, ...set: string[]) =>
  resolveBot(`${BOT}${text}`, 'bot.yaml', { environment: {}, currentDirectory: 'here', overrides: set.map(parseOverride) });

function planOf(text: string, ...set: string[]): ExperimentPlan {
  const { experiment } = load(text, ...set);
  if (!experiment) throw new Error('no experiment');
  return experiment;
}

function message(text: string, ...set: string[]): string {
  return refusalOf(() => load(text, ...set));
}

describe('the experiment of a bot file', () => {
  it('has a default for everything but the model', () => {
    expect(planOf('model: gru')).toEqual({
      name: 'example',
      models: [{ name: 'gru', model: createModel({ kind: 'gru' }) }],
      split: { kind: 'shares', train: 0.7, validation: 0.15, test: 0.15 },
      windows: 'overlapping',
      dropLast: false,
      seeds: [5],
      baselines: baselineKinds,
      baselineInputs: 'window',
      ensemble: [],
    });
  });

  it('is none where there is no model', () => {
    expect(load('').experiment).toBeUndefined();
  });

  it('counts its seeds from the seed of the bot', () => {
    expect(planOf('model: gru\nexperiment: { seeds: 3 }').seeds).toEqual([5, 6, 7]);
  });

  it('trains the networks of an ensemble side by side and combines them in the same way', () => {
    const { models, ensemble } = planOf('model: [gru, lstm, linear]\nensemble: { combine: median }');
    expect(models.map(({ name }) => name)).toEqual(['gru', 'lstm']);
    expect(ensemble).toEqual(['median']);
    expect(planOf('model: [gru, linear]').ensemble).toEqual([]);
    expect(planOf('model: [gru, lstm]\nexperiment: { models: [rnn] }')).toMatchObject({ models: [{ name: 'rnn' }], ensemble: [] });
    expect(planOf('model: [gru, lstm]\nexperiment: { ensemble: [mean, weighted] }').ensemble).toEqual(['mean', 'weighted']);
  });

  it('numbers models of one name', () => {
    const { models } = planOf('experiment: { models: [gru, lstm, gru, task33-gru, { kind: gru, units: [2] }] , ensemble: [mean] }');
    expect(models.map(({ name }) => name)).toEqual(['gru', 'lstm', 'gru-2', 'task33-gru', 'gru-3']);
  });

  it.each<[string, ExperimentPlan['split']]>([
    ['85/15', { kind: 'shares', train: 0.85, validation: 0.15, test: 0 }],
    ['60/20/20', { kind: 'shares', train: 0.6, validation: 0.2, test: 0.2 }],
    ['{ validation: 2024-01-01 }', { kind: 'dates', validation: Date.UTC(2024, 0, 1) }],
    ['{ validation: 2024-01-01, test: 2024-07-01 }', { kind: 'dates', validation: Date.UTC(2024, 0, 1), test: Date.UTC(2024, 6, 1) }],
  ])('is split by %s', (text, split) => {
    expect(planOf(`model: gru\nexperiment: { split: ${text} }`).split).toEqual(split);
  });

  it('crosses the values of a grid for each of its models', () => {
    const { grid } = planOf('experiment: { models: [gru, lstm], grid: { units: [[4], [8, 4]], dropout: [0, 20%] } }');
    expect([...grid!.keys()]).toEqual(['gru', 'lstm']);
    expect(grid!.get('lstm')!.map(({ words }) => words)).toEqual([
      'units 4, dropout 0',
      'units 4, dropout 0.2',
      'units 8/4, dropout 0',
      'units 8/4, dropout 0.2',
    ]);
    expect(grid!.get('lstm')![3]!.model).toEqual(createModel({ kind: 'lstm', units: [8, 4], dropout: 0.2 }));
  });

  it('pools the markets of a class; one without a class stands for itself', () => {
    const text = 'markets: [{ source: "csv:a.csv", class: coins }, { source: "csv:b.csv", class: coins }, "csv:c.csv"]';
    const bot = BOT.replace('markets: [synthetic:planted]', text);
    const { experiment } = resolveBot(`${bot}model: gru\nexperiment: { pool: class }`, 'bot.yaml', {
      environment: {},
      currentDirectory: 'here',
    });
    expect([...experiment!.pool!]).toEqual([
      ['csv:a.csv', 'coins'],
      ['csv:b.csv', 'coins'],
      ['csv:c.csv', 'csv:c.csv'],
    ]);
  });

  it('may be overridden inside of models that are given by their names alone', () => {
    const { models } = planOf(
      'experiment: { models: [task33-lstm, gru] }',
      'experiment.models.0.train.epochs=2',
      'experiment.models.1.units=[4]',
    );
    expect(models[0]!.model.training.epochs).toBe(2);
    expect(models[0]!.model.lookback).toBe(30);
    expect(models[1]!.model).toEqual(createModel({ kind: 'gru', units: [4] }));
  });

  it.each<[string, string]>([
    ['experiment: { split: 70/15/15 }', 'Expected a model to experiment with, received none; add model or experiment.models'],
    [
      'experiment: { models: [gru, linear] }',
      'Expected a network in an experiment, received linear; name baselines under experiment.baselines',
    ],
    ['model: gru\nexperiment: { split: 70/40 }', 'Expected experiment.split to be shares of the rows in percent such as 70/15/15 or 85/15'],
    ['model: gru\nexperiment: { split: 0/50/50 }', 'Expected experiment.split to be shares of the rows in percent such as'],
    [
      'model: gru\nexperiment: { split: 85/15, score: test }',
      'Expected a test part to score, received a split without one; write split: 70/15/15',
    ],
    [
      'model: gru\nexperiment: { split: { validation: 2024-05-01, test: 2024-05-01 } }',
      'Expected experiment.split.test to lie after experiment.split.validation',
    ],
    ['model: gru\nexperiment: { ensemble: [mean] }', 'Expected several models or seeds to combine, received one of each'],
    ['model: gru\nexperiment: { pool: class }', 'Expected classes to pool markets by, received none'],
    [
      'experiment: { models: [gru, { kind: lstm, horizon: 2 }] }',
      'Expected one horizon for all models, received 2 beside 1; compare them in two experiments',
    ],
    [
      'experiment: { models: [gru, multi-output-lstm] }',
      'Expected forecasts of the same for all models, received high, low, close, adjustedClose beside close; compare them in two experiments',
    ],
    ['model: { kind: gru, target: [high, low] }', 'Expected close among several targets, received high, low'],
    ['model: gru\nexperiment: { seed: 2 }', 'Unknown key "seed"; did you mean "seeds"?'],
    ['model: task33-lst', 'received "task33-lst"; did you mean "task33-lstm"?'],
  ])('%s is refused in words', (text, words) => {
    expect(message(text)).toContain(words);
  });
});

describe('a preset in a bot file', () => {
  it.each(presetNames)('%s is the model that it stands for, split and scored as it was published', (name) => {
    const { models, split, windows, score } = planOf(`model: ${name}`);
    const published = preset(name);
    expect(models).toEqual([{ name, model: createModel(published.model) }]);
    const [train, validation, test = 0] = published.experiment.split.split('/').map((part) => Number(part) / 100);
    expect(split).toEqual({ kind: 'shares', train, validation, test });
    expect(windows).toBe(published.experiment.windows ?? 'overlapping');
    expect(score).toBe(published.experiment.score);
  });

  it('gives way to what the file says, key by key', () => {
    const { models, split, windows } = planOf(
      'model: { kind: task33-lstm, lookback: 10, train: { epochs: 3 } }\nexperiment: { split: 80/20, score: validation }',
    );
    expect(models[0]!.model).toMatchObject({ lookback: 10, training: { epochs: 3, patience: 5, shuffle: 'once' } });
    expect(split).toMatchObject({ train: 0.8, test: 0 });
    expect(windows).toBe('inside');
  });

  it('among several sets up the experiment for all, the first one of them', () => {
    const { windows, dropLast, baselineInputs } = planOf('experiment: { models: [gru, task33-gru, simple-rnn] }');
    expect({ windows, dropLast, baselineInputs }).toEqual({ windows: 'inside', dropLast: true, baselineInputs: 'row' });
  });

  it.each(presetNames)('%s is spelled out in the resolved file, which means the same', (name) => {
    const { config, experiment } = load(`model: ${name}`);
    const again = resolveBot(JSON.stringify(config), 'bot.json', { environment: {}, currentDirectory: 'here' });
    expect(again.config).toEqual(config);
    expect(again.experiment).toEqual(experiment);
  });
});
