import { createRandom } from '../../src/core/random.ts';
import type { Layer, Network, Training } from '../../src/models/network.ts';
import type { Predictor, Samples, Trained, Trainer } from '../../src/models/trainer.ts';

const cell = { units: 5, activation: 'tanh', kernelL2: 0, recurrentL2: 0 } as const;
const last = { ...cell, sequences: false } as const;
const sequence = { ...cell, sequences: true } as const;
const norm: Layer = { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 };

export function dense(units: number): Layer {
  return { kind: 'dense', units, activation: 'linear', kernelL2: 0 };
}

const output = dense(1);

/** Networks every trainer of networks must train, by what is special about them. */
export const NETWORKS = {
  rnn: [{ kind: 'rnn', ...last }, output],
  lstm: [{ kind: 'lstm', ...last }, output],
  'gru, reset after': [{ kind: 'gru', ...last, resetAfter: true }, output],
  'gru, reset before': [{ kind: 'gru', ...last, resetAfter: false }, output],
  'stacked, relu, L2, dropout and a hidden layer': [
    { kind: 'lstm', ...sequence, activation: 'relu', kernelL2: 0.01, recurrentL2: 0.01 },
    { kind: 'dropout', rate: 0.3 },
    { kind: 'gru', ...last, resetAfter: true },
    { kind: 'dense', units: 4, activation: 'relu', kernelL2: 0.01 },
    output,
  ],
  'batch normalisation between': [{ kind: 'gru', ...sequence, resetAfter: true }, norm, { kind: 'lstm', ...last }, output],
  'batch normalisation of a vector': [{ kind: 'lstm', ...last }, norm, output],
  'rnn, relu': [{ kind: 'rnn', ...last, activation: 'relu' }, output],
  'lstm, relu': [{ kind: 'lstm', ...last, activation: 'relu' }, output],
  'gru, reset after, relu': [{ kind: 'gru', ...last, activation: 'relu', resetAfter: true }, output],
  'gru, reset before, relu': [{ kind: 'gru', ...last, activation: 'relu', resetAfter: false }, output],
  'sequences through every kind of layer': [
    { kind: 'lstm', ...sequence },
    { kind: 'dense', units: 4, activation: 'tanh', kernelL2: 0 },
    { kind: 'gru', ...sequence, resetAfter: true },
    { kind: 'dropout', rate: 0.2 },
    { kind: 'rnn', ...last },
    output,
  ],
  'bidirectional lstm': [{ kind: 'bidirectional', layer: { kind: 'lstm', ...last } }, output],
  'attention over a bidirectional gru': [
    { kind: 'bidirectional', layer: { kind: 'gru', ...sequence, resetAfter: true } },
    { kind: 'attention', units: 4 },
    output,
  ],
  'a convolution before an lstm': [
    { kind: 'conv1d', units: 4, kernelSize: 3, activation: 'relu', kernelL2: 0.01 },
    { kind: 'lstm', ...last },
    output,
  ],
} as const satisfies Readonly<Record<string, readonly Layer[]>>;

export const LOOKBACK = 6;
export const INPUTS = 3;

export function networkOf(layers: readonly Layer[], { outputs = 1, lookback = LOOKBACK } = {}): Network {
  return { lookback, inputs: INPUTS, outputs, layers };
}

export function trainingOf(options: Partial<Training> = {}): Training {
  return {
    epochs: 3,
    batchSize: 16,
    loss: { kind: 'mse' },
    optimiser: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
    patience: 0,
    clipNorm: 0,
    shuffle: true,
    noise: 0,
    plateau: null,
    seed: 5,
    ...options,
  };
}

/** Gradient descent that goes nowhere: the weights stay as they were made, and the losses are theirs. */
export const STILL = { kind: 'sgd', learningRate: 0, momentum: 0 } as const;

/** Windows of noise whose target is the size, not the sign, of the last step: nothing a linear model could learn. */
export function samplesOf(count: number, seed = 3, validation = 0.25, lookback = LOOKBACK): Samples {
  const random = createRandom(seed);
  const rows = Float32Array.from({ length: (count + lookback) * INPUTS }, () => random.normal());
  const ends = Int32Array.from({ length: count }, (_, k) => k + lookback - 1);
  const targets = Float32Array.from(ends, (end) => Math.abs(rows[end * INPUTS]!) - 0.8);
  return { rows, inputs: INPUTS, lookback, outputs: 1, ends, targets, trainCount: Math.round(count * (1 - validation)) };
}

/** The same windows with `outputs` targets each, made by a function of the window's last row. */
export function retargeted(samples: Samples, outputs: number, target: (row: Float32Array, output: number) => number): Samples {
  const targets = new Float32Array(samples.ends.length * outputs);
  samples.ends.forEach((end, k) => {
    const row = samples.rows.subarray(end * INPUTS, (end + 1) * INPUTS);
    for (let j = 0; j < outputs; j++) targets[k * outputs + j] = target(row, j);
  });
  return { ...samples, outputs, targets };
}

export async function trained(
  trainer: Trainer,
  network: Network,
  samples: Samples,
  training: Training,
): Promise<Extract<Trained, { kind: 'trained' }>> {
  const result = await trainer.fit(network, samples, training, {});
  if (result.kind === 'refused') throw new Error(`refused: ${result.reason}`);
  return result;
}

/** Forecasts of all windows, in the slots of their rows. */
export function forecastsOf(predictor: Predictor, { rows, ends, outputs }: Samples): Float32Array {
  const into = new Float32Array(ends.length * outputs);
  predictor.forecast(rows, ends, ends, into);
  return into;
}
