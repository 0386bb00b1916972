import { createRandom } from '../../../core/random.ts';
import { contentHash } from '../../key.ts';
import type { Layer, Network, Optimiser, Training } from '../../network.ts';
import type { Samples } from '../../trainer.ts';
import { prepareTraining, runTraining } from './training.ts';

/** What `probeHash` gives wherever the kernels compute what they are meant to. */
export const PROBE_HASH = '46baa87d2a85d733387766fe6334f3cac086e6788bee5279238f91428a6b7ef3';

const recurrent = { kernelL2: 0, recurrentL2: 0 } as const;
const output: Layer = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };
/** Between them, every kernel, with rows and columns that fill vectors and such that do not. */
const CASES: readonly { readonly optimiser: Optimiser; readonly layers: readonly Layer[] }[] = [
  {
    optimiser: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.01 },
    layers: [
      { kind: 'lstm', units: 13, activation: 'tanh', sequences: true, kernelL2: 0.01, recurrentL2: 0.01 },
      { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
      { kind: 'dropout', rate: 0.3 },
      { kind: 'gru', units: 16, activation: 'tanh', sequences: true, resetAfter: true, ...recurrent },
      { kind: 'dense', units: 9, activation: 'relu', kernelL2: 0 },
      { kind: 'gru', units: 7, activation: 'relu', sequences: false, resetAfter: false, ...recurrent },
      output,
    ],
  },
  {
    optimiser: { kind: 'rmsprop', learningRate: 0.01, rho: 0.9, epsilon: 1e-7 },
    layers: [
      { kind: 'rnn', units: 11, activation: 'tanh', sequences: true, ...recurrent },
      { kind: 'lstm', units: 24, activation: 'relu', sequences: false, ...recurrent },
      { kind: 'dense', units: 5, activation: 'sigmoid', kernelL2: 0 },
      output,
    ],
  },
  {
    optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.9 },
    layers: [
      { kind: 'gru', units: 6, activation: 'relu', sequences: true, resetAfter: true, ...recurrent },
      { kind: 'rnn', units: 8, activation: 'relu', sequences: false, ...recurrent },
      { kind: 'dense', units: 4, activation: 'tanh', kernelL2: 0 },
      output,
    ],
  },
];
const LOOKBACK = 5;
const INPUTS = 3;
const SAMPLES = 37;

/** The hash of the weights of a few tiny trainings in the calling thread; milliseconds. */
export function probeHash(module: WebAssembly.Module): string {
  const random = createRandom(20);
  const samples: Samples = {
    rows: Float32Array.from({ length: (SAMPLES + LOOKBACK) * INPUTS }, () => random.normal()),
    inputs: INPUTS,
    lookback: LOOKBACK,
    outputs: 1,
    ends: Int32Array.from({ length: SAMPLES }, (_, k) => k + LOOKBACK - 1),
    targets: Float32Array.from({ length: SAMPLES }, () => random.normal()),
    trainCount: 30,
  };
  const parts = CASES.flatMap(({ layers, optimiser }): (Float32Array | string)[] => {
    const network: Network = { lookback: LOOKBACK, inputs: INPUTS, outputs: 1, layers };
    const trained = runTraining(module, prepareTraining(network, samples, trainingOf(optimiser), memoryOf));
    return trained.kind === 'trained' ? trained.weights.map(({ values }) => values) : [trained.reason];
  });
  return contentHash(parts);
}

function trainingOf(optimiser: Optimiser): Training {
  return {
    epochs: 1,
    batchSize: 8,
    loss: { kind: 'huber', delta: 1 },
    optimiser,
    patience: 0,
    clipNorm: 0.5,
    shuffle: true,
    noise: 0.1,
    plateau: null,
    seed: 21,
  };
}

function memoryOf(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
