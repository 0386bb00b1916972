import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/core/random.ts';
import type { DenseActivation, Layer, Loss, Network, RecurrentLayer } from '../../src/models/network.ts';
import { parametersOf, sizeOf } from '../../src/models/parameters.ts';
import { type EngineOptions, type EnginePass, lacking } from './engine.ts';
import { difference } from './keras-values.ts';
import { finiteDifferences, referenceLoss, referenceOutputs, referencePenalty } from './reference-network.ts';

const cell = { units: 3, activation: 'tanh', sequences: false, kernelL2: 0, recurrentL2: 0 } as const;
const sequence = { ...cell, sequences: true } as const;
const norm: Layer = { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 };
const dense = (units: number, activation: DenseActivation = 'linear', kernelL2 = 0): Layer => ({
  kind: 'dense',
  units,
  activation,
  kernelL2,
});
const conv = (kernelSize: number, activation: DenseActivation = 'linear'): Layer => ({
  kind: 'conv1d',
  units: 3,
  kernelSize,
  activation,
  kernelL2: 0,
});

const CELLS: Readonly<
  Record<
    string,
    (options: Omit<typeof cell, 'activation' | 'sequences'> & Pick<RecurrentLayer, 'activation' | 'sequences'>) => RecurrentLayer
  >
> = {
  rnn: (options) => ({ kind: 'rnn', ...options }),
  lstm: (options) => ({ kind: 'lstm', ...options }),
  'gru, reset after': (options) => ({ kind: 'gru', ...options, resetAfter: true }),
  'gru, reset before': (options) => ({ kind: 'gru', ...options, resetAfter: false }),
};

function layerCases(): Readonly<Record<string, readonly Layer[]>> {
  const cases: Record<string, readonly Layer[]> = {};
  for (const [name, make] of Object.entries(CELLS)) {
    for (const sequences of [true, false]) {
      const words = sequences ? 'all steps' : 'last state';
      for (const activation of ['tanh', 'relu'] as const)
        cases[`${name}, ${activation}, ${words}`] = [make({ ...cell, activation, sequences })];
      cases[`bidirectional ${name}, ${words}`] = [{ kind: 'bidirectional', layer: make({ ...cell, sequences }) }];
    }
  }
  for (const activation of ['linear', 'relu', 'tanh', 'sigmoid'] as const) {
    cases[`dense, ${activation}, of every step`] = [dense(3, activation)];
    cases[`dense, ${activation}, of a vector`] = [{ kind: 'rnn', ...cell }, dense(2, activation)];
    cases[`convolution, ${activation}`] = [conv(3, activation)];
  }
  return {
    ...cases,
    'batch normalisation of every step': [norm],
    'batch normalisation of a vector': [{ kind: 'lstm', ...cell }, norm, dense(2)],
    'relu lstm over relu gru': [
      { kind: 'lstm', ...sequence, activation: 'relu' },
      { kind: 'gru', ...cell, activation: 'relu', resetAfter: true },
    ],
    'gru with reset before over batch normalisation over rnn': [
      { kind: 'rnn', ...sequence },
      norm,
      { kind: 'gru', ...cell, resetAfter: false },
    ],
    'sequences through every kind of layer': [
      { kind: 'lstm', ...sequence },
      dense(2, 'tanh'),
      { kind: 'gru', ...sequence, resetAfter: true },
      { kind: 'dropout', rate: 0 },
      { kind: 'rnn', ...cell },
      dense(1),
    ],
    'attention over the inputs': [{ kind: 'attention', units: 4 }],
    'attention over a gru': [{ kind: 'gru', ...sequence, resetAfter: true }, { kind: 'attention', units: 2 }, dense(2)],
    'attention over a bidirectional lstm': [
      { kind: 'bidirectional', layer: { kind: 'lstm', ...sequence } },
      { kind: 'attention', units: 3 },
    ],
    'a bidirectional gru over a bidirectional lstm': [
      { kind: 'bidirectional', layer: { kind: 'lstm', ...sequence } },
      { kind: 'bidirectional', layer: { kind: 'gru', ...cell, resetAfter: true } },
      dense(1),
    ],
    'a convolution of kernel size 1': [conv(1)],
    'a convolution longer than the window': [conv(7, 'tanh')],
    'a convolution before an lstm': [conv(3, 'relu'), { kind: 'lstm', ...cell }],
    'a convolution over a convolution': [conv(2, 'tanh'), conv(3)],
  };
}

const LOSSES: readonly (readonly [string, Loss])[] = [
  ['mse', { kind: 'mse' }],
  ['mae', { kind: 'mae' }],
  ['huber 0.7', { kind: 'huber', delta: 0.7 }],
  ['binary cross-entropy', { kind: 'binary-cross-entropy' }],
  ['quantiles', { kind: 'quantile', quantiles: [0.1, 0.5, 0.9] }],
];

const PENALISED: Readonly<Record<string, Layer>> = {
  rnn: { kind: 'rnn', ...cell, kernelL2: 0.03, recurrentL2: 0.02 },
  lstm: { kind: 'lstm', ...cell, kernelL2: 0.03, recurrentL2: 0.02 },
  gru: { kind: 'gru', ...cell, kernelL2: 0.03, recurrentL2: 0.02, resetAfter: true },
  'bidirectional lstm': { kind: 'bidirectional', layer: { kind: 'lstm', ...cell, kernelL2: 0.03, recurrentL2: 0.02 } },
};

const LOOKBACK = 4;
const INPUTS = 2;
const COUNT = 5;

/** Gradients of every layer, stack, loss and penalty against finite differences of the float64 network. */
export function gradientContract(pass: () => Promise<EnginePass>, options: EngineOptions): void {
  describe('outputs and gradients against the float64 network and its finite differences', () => {
    for (const [name, layers] of Object.entries(layerCases())) {
      const reason = lacking(layers, options);
      it.skipIf(reason !== '')(`${name}${reason}`, async () => checkGradients(await pass(), layers));
    }
    const reason = lacking([{ kind: 'attention', units: 1 }], options);
    it.skipIf(reason !== '')(`attention whose scores would overflow an exponential${reason}`, async () => checkLargeScores(await pass()));
  });

  describe('losses and their gradients, by one step of a training, against finite differences', () => {
    it.each(LOSSES)('%s', async (_, loss) => checkLoss(await pass(), loss, [{ kind: 'rnn', ...cell }, dense(3)], false));
    it.each(LOSSES)('%s of weighted samples', async (_, loss) => checkLoss(await pass(), loss, [{ kind: 'rnn', ...cell }, dense(3)], true));
    for (const [name, layer] of Object.entries(PENALISED)) {
      const layers = [layer, dense(2, 'tanh', 0.01), dense(3)];
      const reason = lacking(layers, options);
      it.skipIf(reason !== '')(`L2 of ${name} and dense${reason}`, async () => checkLoss(await pass(), { kind: 'mse' }, layers, false));
    }
    const convolution: Layer[] = [
      { kind: 'conv1d', units: 3, kernelSize: 2, activation: 'tanh', kernelL2: 0.02 },
      { kind: 'rnn', ...cell },
      dense(3),
    ];
    const missing = lacking(convolution, options);
    it.skipIf(missing !== '')(`L2 of a convolution${missing}`, async () => checkLoss(await pass(), { kind: 'mse' }, convolution, false));
  });
}

function networkOf(layers: readonly Layer[], outputs: number): Network {
  return { lookback: LOOKBACK, inputs: INPUTS, outputs, layers };
}

function normals(random: Random, length: number, scale = 1): Float32Array {
  return Float32Array.from({ length }, () => scale * random.normal());
}

/** Weights off every symmetry; gamma and moving variances near 1. */
function weightsOf(network: Network, random: Random): Float32Array[] {
  return parametersOf(network)
    .flat()
    .map(({ shape, initial }) =>
      normals(random, sizeOf(shape), initial === 'ones' ? 0.1 : 0.5).map((value) => value + (initial === 'ones' ? 1 : 0)),
    );
}

function checkGradients(engine: EnginePass, layers: readonly Layer[]): void {
  const network = networkOf(layers, 1);
  const random = createRandom(12);
  const weights = weightsOf(network, random);
  const windows = normals(random, COUNT * LOOKBACK * INPUTS);
  const inferred = referenceOutputs(network, weights, windows, COUNT, false);
  expect(difference(engine.forward(network, weights, windows, COUNT), inferred, 0.1)).toBeLessThan(5e-6);

  // The loss is the sum of outputs x cotangent.
  const cotangent = normals(random, inferred.length);
  const loss = (values: readonly ArrayLike<number>[], inputs: ArrayLike<number>) =>
    referenceOutputs(network, values, inputs, COUNT, true).reduce((sum, value, k) => sum + value * cotangent[k]!, 0);
  let outputs = new Float32Array(0);
  const gradients = engine.backward(network, weights, windows, COUNT, (received) => {
    outputs = Float32Array.from(received);
    return cotangent;
  });
  expect(difference(outputs, referenceOutputs(network, weights, windows, COUNT, true), 0.1)).toBeLessThan(5e-6);
  const expected = weightDifferences(network, weights, (values) => loss(values, windows));
  expect(gradients.weights).toHaveLength(expected.length);
  expected.forEach(({ name, slopes }, k) => {
    expect(difference(gradients.weights[k]!, slopes, 0.1), name).toBeLessThan(2e-5);
  });
  const toInput = finiteDifferences((values) => loss(weights, values), Float64Array.from(windows));
  expect(difference(gradients.input, toInput, 0.1), 'input').toBeLessThan(2e-5);
}

/** Finite differences by every trainable weight. */
function weightDifferences(network: Network, weights: readonly Float32Array[], loss: (values: readonly ArrayLike<number>[]) => number) {
  return parametersOf(network)
    .flat()
    .flatMap(({ name, trainable }, k) => {
      if (!trainable) return [];
      const slopes = finiteDifferences(
        (moved) => loss(weights.map((values, other) => (other === k ? moved : values))),
        Float64Array.from(weights[k]!),
      );
      return [{ name, slopes }];
    });
}

/** Scores of hundreds: a softmax that takes exponentials of them as they are gives NaN. */
function checkLargeScores(engine: EnginePass): void {
  const network = networkOf([{ kind: 'attention', units: 1 }], INPUTS);
  const weights = [Float32Array.of(1, 0), Float32Array.of(0), Float32Array.of(500)];
  // tanh of the first column scores a step: the third step of a rising window, all steps alike where all are equal.
  const windows = Float32Array.of(-2, 1, -1, 2, 3, 3, 1, 4, 2, 1, 2, 2, 2, 3, 2, 6);
  const outputs = engine.forward(network, weights, windows, 2);
  expect(difference(outputs, [3, 3, 2, 3])).toBeLessThan(1e-5);
}

/**
 * One step of gradient descent with rate 1 on one batch moves every weight by its gradient; the loss told is the one before the step.
 */
async function checkLoss(engine: EnginePass, loss: Loss, layers: readonly Layer[], weighted: boolean): Promise<void> {
  const outputs = 3;
  const network = networkOf(layers, outputs);
  const random = createRandom(8);
  const weights = weightsOf(network, random);
  const windows = normals(random, COUNT * LOOKBACK * INPUTS);
  const noise = normals(random, COUNT * outputs);
  const target = loss.kind === 'binary-cross-entropy' ? noise.map((value) => (value > 0 ? 1 : 0)) : noise;
  const sampleWeights = weighted ? Float32Array.of(1, 0, 0.5, 2, 0.25) : undefined;
  const samples = {
    rows: windows,
    inputs: INPUTS,
    lookback: LOOKBACK,
    outputs,
    ends: Int32Array.from({ length: COUNT }, (_, k) => (k + 1) * LOOKBACK - 1),
    targets: target,
    trainCount: COUNT,
    ...(sampleWeights && { weights: sampleWeights }),
  };
  const training = {
    epochs: 1,
    batchSize: COUNT,
    loss,
    optimiser: { kind: 'sgd', learningRate: 1, momentum: 0 },
    patience: 0,
    clipNorm: 0,
    shuffle: false,
    noise: 0,
    plateau: null,
    seed: 1,
  } as const;
  const initial = parametersOf(network)
    .flat()
    .map(({ name, shape }, k) => ({ name, shape, values: weights[k]!.slice() }));
  const result = await engine.train(network, samples, training, initial);
  if (result.kind === 'refused') throw new Error(result.reason);

  const total = (values: readonly ArrayLike<number>[]) =>
    referenceLoss(loss, referenceOutputs(network, values, windows, COUNT, true), target, outputs, sampleWeights) +
    referencePenalty(network, values);
  expect(difference(result.losses, [total(weights)])).toBeLessThan(5e-6);
  expect(initial.map(({ values }) => values)).toEqual(weights);
  weightDifferences(network, weights, total).forEach(({ name, slopes }, k) => {
    const moved = weights[k]!.map((value, j) => value - result.weights[k]!.values[j]!);
    expect(difference(moved, slopes, 0.1), name).toBeLessThan(2e-5);
  });
}
