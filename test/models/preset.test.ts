import { describe, expect, it } from 'vitest';
import { featureMatrix } from '../../src/models/feature.ts';
import { createModel, networkOf } from '../../src/models/model.ts';
import { parameterCount } from '../../src/models/parameters.ts';
import { isPreset, type PresetName, preset, presetNames } from '../../src/models/preset.ts';
import { randomBars } from '../support/markets.ts';

const bars = randomBars({ seed: 1, length: 20 });

function parametersOf(name: PresetName): number {
  const model = createModel(preset(name).model);
  return parameterCount(networkOf(model, featureMatrix(model.features, bars).width));
}

describe('the presets', () => {
  it('are these', () => {
    expect([...presetNames].sort()).toEqual([
      'multi-output-lstm',
      'regularised-lstm',
      'simple-rnn',
      'stacked-gru',
      'stacked-lstm',
      'task33-gru',
      'task33-lstm',
      'two-layer-lstm',
    ]);
    expect(isPreset('task33-lstm')).toBe(true);
    expect(isPreset('gru')).toBe(false);
  });

  // The first four as published, counted by Keras: 4 u (x + u + 1) for an LSTM, 3 u (x + u + 2) for a GRU with its reset after, u (x + u + 1)
  // for a simple layer, 2 u that learn of a batch normalisation, u (x + 1) for a dense one.
  it.each<[PresetName, number]>([
    ['task33-lstm', 34_977],
    ['task33-gru', 26_657],
    ['regularised-lstm', 32_301],
    ['multi-output-lstm', 19_244],
    ['simple-rnn', 50 * (1 + 50 + 1) + 51],
    ['two-layer-lstm', 4 * 50 * (1 + 50 + 1) + 4 * 50 * (50 + 50 + 1) + 51],
    ['stacked-lstm', 4 * 128 * (1 + 128 + 1) + 4 * 64 * (128 + 64 + 1) + 4 * 32 * (64 + 32 + 1) + 33],
    ['stacked-gru', 3 * 128 * (1 + 128 + 2) + 3 * 64 * (128 + 64 + 2) + 3 * 32 * (64 + 32 + 2) + 33],
  ])('%s has %i parameters', (name, count) => {
    expect(parametersOf(name)).toBe(count);
  });

  it('of the publication see 21 columns', () => {
    expect(featureMatrix(preset('task33-lstm').model.features!, bars).width).toBe(21);
  });

  it('stacked have dropout between their layers only, the published one after each', () => {
    const kinds = (name: PresetName) => createModel(preset(name).model).layers.map(({ kind }) => kind);
    expect(kinds('stacked-gru')).toEqual(['gru', 'dropout', 'gru', 'dropout', 'gru', 'dense']);
    expect(kinds('task33-lstm')).toEqual(['lstm', 'dropout', 'lstm', 'dropout', 'dense', 'dense']);
    expect(kinds('regularised-lstm')).toEqual([
      'lstm',
      'batchNorm',
      'dropout',
      'lstm',
      'batchNorm',
      'dropout',
      'dense',
      'dropout',
      'dense',
    ]);
  });

  it('regularised penalises kernels, not the recurrent ones', () => {
    const [first] = createModel(preset('regularised-lstm').model).layers;
    expect(first).toMatchObject({ kind: 'lstm', kernelL2: 0.01, recurrentL2: 0 });
  });
});
