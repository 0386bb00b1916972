import type { FeatureSpecification } from './feature.ts';
import type { BaselineKind, ModelOptions } from './model.ts';

/** How an experiment with a preset is set up where the bot file does not say otherwise. */
export interface PresetExperiment {
  /** Percent of the rows that train, validate and test. */
  readonly split: string;
  readonly windows?: 'overlapping' | 'inside';
  readonly dropLast?: boolean;
  readonly score?: 'validation' | 'test';
  readonly baselines?: readonly BaselineKind[];
  readonly baselineInputs?: 'window' | 'row';
}

/** A published system: its network, its data and training as far as they are told, and how it was scored. */
export interface Preset {
  readonly model: ModelOptions;
  readonly experiment: PresetExperiment;
}

/** Of the bars, moving averages, momentum, bands and volatility: 21 columns; the middle band would repeat `sma 20`. */
const TASK33_FEATURES: readonly FeatureSpecification[] = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  { sma: 10 },
  { sma: 20 },
  { sma: 50 },
  { sma: 200 },
  { ema: 10 },
  { ema: 20 },
  { ema: 50 },
  { rsi: 14 },
  { macd: { fast: 12, slow: 26, signal: 9 } },
  { roc: 12 },
  { bollinger: { period: 20, width: 2, output: 'upper' } },
  { bollinger: { period: 20, width: 2, output: 'lower' } },
  { atr: 14 },
  { volatility: 20 },
];

/** The next day's close of a share from 30 days of 21 columns; scored on the validation rows that also stop the training. */
function task33(kind: 'lstm' | 'gru'): Preset {
  return {
    model: {
      kind,
      units: [64, 32],
      activation: 'relu',
      dropout: 0.2,
      dense: [16],
      lookback: 30,
      features: TASK33_FEATURES,
      target: 'price',
      // A seeded Keras, which the published figures come from, goes through the samples in the same order in every epoch.
      train: { epochs: 20, patience: 5, batchSize: 32, learningRate: 0.001, shuffle: 'once' },
    },
    experiment: {
      split: '70/15/15',
      windows: 'inside',
      dropLast: true,
      score: 'validation',
      baselines: ['persistence', 'drift', 'mean', 'majority', 'least-squares', 'forest', 'support-vector', 'boosting'],
      baselineInputs: 'row',
    },
  };
}

/** Closes only, three layers, weight decay and noise against overfitting. */
function stacked(kind: 'lstm' | 'gru'): Preset {
  return {
    model: {
      kind,
      units: [128, 64, 32],
      dropout: 0.2,
      dropoutLast: false,
      lookback: 20,
      features: ['close'],
      target: 'price',
      train: { epochs: 50, patience: 10, weightDecay: 1e-5, noise: 0.01 },
    },
    experiment: { split: '70/15/15' },
  };
}

/** A short window of closes in [0, 1], as first lessons have it. */
function short(kind: 'rnn' | 'lstm', units: readonly number[]): Preset {
  const scaling = { inputs: 'minmax', target: 'minmax' } as const;
  return {
    model: { kind, units, lookback: 20, features: ['close'], target: 'price', scaling, train: { epochs: 20 } },
    experiment: { split: '80/20' },
  };
}

const PRESETS = {
  'task33-lstm': task33('lstm'),
  'task33-gru': task33('gru'),
  'stacked-lstm': stacked('lstm'),
  'stacked-gru': stacked('gru'),
  'regularised-lstm': {
    model: {
      kind: 'lstm',
      units: [50, 50],
      batchNorm: true,
      dropout: 0.3,
      dense: [25],
      denseDropout: 0.2,
      l2: 0.01,
      recurrentL2: 0,
      lookback: 60,
      features: ['close'],
      target: 'price',
      scaling: { inputs: 'minmax', target: 'minmax' },
      train: { epochs: 50, patience: 10, loss: 'huber', plateau: { factor: 0.5, patience: 5 } },
    },
    experiment: { split: '85/15' },
  },
  'simple-rnn': short('rnn', [50]),
  'two-layer-lstm': short('lstm', [50, 50]),
  'multi-output-lstm': {
    model: {
      kind: 'lstm',
      units: [64],
      dense: [8],
      lookback: 6,
      features: ['adjustedClose', 'close', 'high', 'low', 'open', 'volume', 'yearSin', 'return'],
      target: ['high', 'low', 'close', 'adjustedClose'],
      // As many epochs as there are: nothing stops it, and the best one is kept.
      train: { epochs: 3, patience: 3 },
    },
    experiment: { split: '70/20/10' },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const presetNames = Object.keys(PRESETS) as readonly PresetName[] as readonly [PresetName, ...PresetName[]];

/** A published system by its name. */
export function preset(name: PresetName): Preset {
  return PRESETS[name];
}

export function isPreset(name: unknown): name is PresetName {
  return (presetNames as readonly unknown[]).includes(name);
}
