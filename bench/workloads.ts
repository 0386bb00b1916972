import { createRandom } from '../src/core/random.ts';
import type { Layer, Network, Training } from '../src/models/network.ts';
import type { Samples } from '../src/models/trainer.ts';

/** A network, what it learns from, and how: the same for every contestant. */
export interface Workload {
  readonly name: string;
  /** For people. */
  readonly description: string;
  readonly network: Network;
  readonly samples: number;
  /** Epochs are asked for turn by turn. */
  readonly training: Omit<Training, 'epochs'>;
}

const cell = { activation: 'tanh', kernelL2: 0, recurrentL2: 0 } as const;
const lstm = (units: number, sequences: boolean, kernelL2 = 0): Layer => ({ kind: 'lstm', ...cell, units, sequences, kernelL2 });
const gru = (units: number, sequences: boolean): Layer => ({ kind: 'gru', ...cell, units, sequences, resetAfter: true });
const dropout = (rate: number): Layer => ({ kind: 'dropout', rate });
const norm: Layer = { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 };
const hidden = (units: number, kernelL2 = 0): Layer => ({ kind: 'dense', units, activation: 'relu', kernelL2 });
const output: Layer = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };

const training: Workload['training'] = {
  batchSize: 32,
  loss: { kind: 'mse' },
  optimiser: { kind: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
  patience: 0,
  clipNorm: 0,
  shuffle: true,
  noise: 0,
  plateau: null,
  seed: 1,
};

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'W1-lstm',
    description: 'LSTM 64/32 with dropout 0.2 after each, dense 16 and 1; 710 windows of 30 x 21, MSE',
    network: {
      lookback: 30,
      inputs: 21,
      outputs: 1,
      layers: [lstm(64, true), dropout(0.2), lstm(32, false), dropout(0.2), hidden(16), output],
    },
    samples: 710,
    training,
  },
  {
    name: 'W1-gru',
    description: 'the same with GRU cells (reset after)',
    network: {
      lookback: 30,
      inputs: 21,
      outputs: 1,
      layers: [gru(64, true), dropout(0.2), gru(32, false), dropout(0.2), hidden(16), output],
    },
    samples: 710,
    training,
  },
  {
    name: 'W2-lstm',
    description:
      'LSTM 50/50 with batch normalisation and dropout 0.3 after each, dense 25 with dropout 0.2, dense 1; 2241 windows of 60 x 1, Huber, L2 0.01 on the kernels',
    network: {
      lookback: 60,
      inputs: 1,
      outputs: 1,
      layers: [lstm(50, true, 0.01), norm, dropout(0.3), lstm(50, false, 0.01), norm, dropout(0.3), hidden(25, 0.01), dropout(0.2), output],
    },
    samples: 2241,
    training: { ...training, loss: { kind: 'huber', delta: 1 } },
  },
  {
    name: 'W3-lstm',
    description: 'LSTM 64/64, dense 1; 800 windows of 20 x 1, MSE',
    network: { lookback: 20, inputs: 1, outputs: 1, layers: [lstm(64, true), lstm(64, false), output] },
    samples: 800,
    training,
  },
];

/** The workloads of these names, all where there are none. Throws a TypeError that names one that does not exist. */
export function chosenWorkloads(names: readonly string[]): readonly Workload[] {
  const unknown = names.find((name) => !WORKLOADS.some((workload) => workload.name === name));
  if (unknown !== undefined)
    throw new TypeError(`Expected a workload, one of: ${WORKLOADS.map(({ name }) => name).join(', ')}; received ${unknown}`);
  return names.length === 0 ? WORKLOADS : WORKLOADS.filter(({ name }) => names.includes(name));
}

/** A small network, for what a fit costs besides its arithmetic. */
export const SMALL: Workload = {
  name: 'small',
  description: 'LSTM 8, dense 1; 64 windows of 10 x 3',
  network: { lookback: 10, inputs: 3, outputs: 1, layers: [lstm(8, false), output] },
  samples: 64,
  training,
};

/** Overlapping windows over normal noise; what is in them does not change how long they take. */
export function samplesOf({ network: { lookback, inputs, outputs }, samples }: Workload): Samples {
  const random = createRandom(3);
  const rows = Float32Array.from({ length: (samples + lookback - 1) * inputs }, () => random.normal());
  const ends = Int32Array.from({ length: samples }, (_, k) => k + lookback - 1);
  const targets = Float32Array.from({ length: samples * outputs }, () => random.normal());
  return { rows, inputs, lookback, outputs, ends, targets, trainCount: samples };
}
