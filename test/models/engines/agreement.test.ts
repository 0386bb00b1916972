import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { train } from '../../../src/models/engines/tensorflow/trainer.ts';
import type { Layer, Optimiser } from '../../../src/models/network.ts';
import { initialWeights } from '../../../src/models/parameters.ts';
import type { Samples, Trained } from '../../../src/models/trainer.ts';
import { networkOf, samplesOf, trainingOf } from '../../contracts/training-cases.ts';
import { wasmPass } from './wasm/pass.ts';

const { tf } = await loadBackend('wasm');
const cell = { units: 5, activation: 'tanh', kernelL2: 0.01, recurrentL2: 0 } as const;
const output: Layer = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };
const norm: Layer = { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 };
const STACKS: Readonly<Record<string, readonly Layer[]>> = {
  lstm: [{ kind: 'lstm', ...cell, sequences: false }, output],
  'gru, normalised': [
    { kind: 'gru', ...cell, sequences: true, resetAfter: true },
    norm,
    { kind: 'rnn', ...cell, sequences: false },
    output,
  ],
};
const SGD: Optimiser = { kind: 'sgd', learningRate: 0.05, momentum: 0.9 };
const RMSPROP: Optimiser = { kind: 'rmsprop', learningRate: 0.01, rho: 0.9, epsilon: 1e-7 };

describe('both engines end a training with the same weights', () => {
  // 33 training samples: a last batch of one window, which leaves the second shard without rows after batches that filled it.
  it.each(Object.entries(STACKS))('where the last batch is a single window: %s', async (_, layers) => {
    await expectAgreement(layers, { batchSize: 16, epochs: 3, clipNorm: 0.5 }, samplesOf(33, 3, 0));
  });

  it.each([1, 2, 3])('in batches of %i', async (batchSize) => {
    await expectAgreement(STACKS.lstm!, { batchSize, epochs: 2 }, samplesOf(20, 3, 0));
  });

  it.each([SGD, RMSPROP])('where the learning rate falls on plateaus: $kind', async (optimiser) => {
    const plateau = { factor: 0.2, patience: 1, minimum: 0 };
    await expectAgreement(STACKS.lstm!, { optimiser, plateau, epochs: 8 }, samplesOf(40));
  });

  it('where samples weigh differently', async () => {
    const samples = samplesOf(40);
    await expectAgreement(STACKS.lstm!, { epochs: 4 }, { ...samples, weights: samples.targets.map(Math.abs) });
  });
});

async function expectAgreement(layers: readonly Layer[], options: Parameters<typeof trainingOf>[0], samples: Samples): Promise<void> {
  const network = networkOf(layers);
  const training = trainingOf(options);
  const initial = initialWeights(network, 11);
  const ours = finished(await wasmPass().train(network, samples, training, initial));
  const theirs = finished(await train(tf, network, samples, training, initial, {}));
  ours.weights.forEach(({ name, values }, k) => {
    const expected = theirs.weights[k]!.values;
    const size = Math.max(...expected.map(Math.abs), 1e-3);
    const difference = Math.max(...values.map((value, j) => Math.abs(value - expected[j]!)));
    expect(difference / size, name).toBeLessThan(2e-4);
  });
  ours.losses.forEach((loss, epoch) => {
    expect(Math.abs(loss - theirs.losses[epoch]!)).toBeLessThan(1e-5 * Math.max(1, loss));
  });
}

function finished(result: Trained) {
  if (result.kind === 'refused') throw new Error(result.reason);
  return result;
}
