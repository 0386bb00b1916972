import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { lossAndGradient } from '../../../src/models/engines/loss.ts';
import { createStep } from '../../../src/models/engines/optimiser.ts';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { loadNetwork } from '../../../src/models/engines/tensorflow/pass.ts';
import { train } from '../../../src/models/engines/tensorflow/trainer.ts';
import type { Layer, Loss, Network, Optimiser, Training } from '../../../src/models/network.ts';
import { parameterCount, parametersOf } from '../../../src/models/parameters.ts';

const FOLDER = '../shared/reference';
const present = existsSync(`${FOLDER}/keras-layers.json`);
// The reference files are plain JSON of many shapes; what is read of them is checked by the comparisons themselves.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;
const read = (name: string): Json =>
  present
    ? JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8'))
    : { recurrent: [], dense: [], batch_normalization: [], losses: [], trainings: [], optimizer_steps: [] };
const layers = read('keras-layers');
const trainings = read('keras-training');
const { tf } = await loadBackend('wasm');

const flat = (value: Json): number[] => (Array.isArray(value) ? (value.flat(9) as number[]) : [value as number]);

/** Largest difference relative to the largest expected value. */
function difference(received: ArrayLike<number>, expected: readonly number[]): number {
  expect(received.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 1e-12);
  return Math.max(...expected.map((value, k) => Math.abs(received[k]! - value))) / scale;
}

/** One array per step of a [batch][time][feature] input. */
const byStep = (value: number[][][]): Float32Array[] => value[0]!.map((_, t) => Float32Array.from(value.flatMap((window) => window[t]!)));

function runLayer(layer: Layer, inputs: number, weights: Float32Array[], steps: Float32Array[], windows: number, cotangent: number[]) {
  const network: Network = { lookback: steps.length, inputs, outputs: 1, layers: [layer] };
  const loaded = loadNetwork(tf, network, weights);
  let outputs = new Float32Array(0);
  const gradients = loaded.backward(
    { steps, windows },
    { training: true },
    (received) => {
      outputs = Float32Array.from(received);
      return Float32Array.from(cotangent);
    },
    true,
  );
  loaded.dispose();
  return { outputs, gradients };
}

describe.skipIf(!present)('layers against Keras 3.15 (skipped where ../shared/reference is absent)', () => {
  it.each(layers.recurrent as Json[])('$id: outputs and gradients', (one) => {
    const kind = ({ SimpleRNN: 'rnn', LSTM: 'lstm', GRU: 'gru' } as const)[one.layer as 'GRU'];
    const layer = {
      kind,
      units: one.units,
      activation: 'tanh',
      sequences: one.return_sequences,
      kernelL2: 0,
      recurrentL2: 0,
      resetAfter: one.reset_after,
    } as Layer;
    const weights = ['kernel', 'recurrent_kernel', 'bias'].map((name) => Float32Array.from(flat(one.weights[name])));
    const ordered = (value: Json) => (one.return_sequences ? byStep(value).flatMap((step) => [...step]) : flat(value));
    const { outputs, gradients } = runLayer(layer, one.features, weights, byStep(one.input), one.batch, ordered(one.cotangent));
    expect(difference(outputs, ordered(one.output))).toBeLessThan(1e-5);
    ['kernel', 'recurrent_kernel', 'bias'].forEach((name, k) => {
      expect(difference(gradients.weights[k]!, flat(one.grads[name]))).toBeLessThan(1e-5);
    });
    expect(
      difference(
        gradients.input.flatMap((step) => [...step]),
        byStep(one.grads.input).flatMap((step) => [...step]),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each(layers.dense as Json[])('$id: outputs and gradients', (one) => {
    const layer: Layer = { kind: 'dense', units: one.units, activation: one.activation, kernelL2: 0 };
    const weights = ['kernel', 'bias'].map((name) => Float32Array.from(flat(one.weights[name])));
    const { outputs, gradients } = runLayer(
      layer,
      one.input[0].length,
      weights,
      [Float32Array.from(flat(one.input))],
      one.input.length,
      flat(one.cotangent),
    );
    expect(difference(outputs, flat(one.output))).toBeLessThan(1e-5);
    expect(difference(gradients.weights[0]!, flat(one.grads.kernel))).toBeLessThan(1e-5);
    expect(difference(gradients.weights[1]!, flat(one.grads.bias))).toBeLessThan(1e-5);
    expect(difference(gradients.input[0]!, flat(one.grads.input))).toBeLessThan(1e-5);
  });

  it.each(layers.batch_normalization as Json[])('$id: training, inference and moving statistics', (one) => {
    const layer: Layer = { kind: 'batchNorm', momentum: one.momentum, epsilon: one.epsilon };
    const weights = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => Float32Array.from(flat(one.weights[name])));
    const sequence = Array.isArray(one.input[0][0]);
    const steps = sequence ? byStep(one.input) : [Float32Array.from(flat(one.input))];
    const ordered = (value: Json) => (sequence ? byStep(value).flatMap((step) => [...step]) : flat(value));
    const { outputs, gradients } = runLayer(layer, weights[0]!.length, weights, steps, one.input.length, ordered(one.cotangent));
    expect(difference(outputs, ordered(one.training.output))).toBeLessThan(1e-5);
    expect(difference(gradients.weights[0]!, flat(one.training.grads.gamma))).toBeLessThan(1e-5);
    expect(difference(gradients.weights[1]!, flat(one.training.grads.beta))).toBeLessThan(1e-5);
    expect(
      difference(
        gradients.input.flatMap((step) => [...step]),
        ordered(one.training.grads.input),
      ),
    ).toBeLessThan(1e-5);
    // In inference every step is normalised alike, so that each may pass alone.
    const loaded = loadNetwork(tf, { lookback: 1, inputs: weights[0]!.length, outputs: 1, layers: [layer] }, weights);
    const inferred = steps.flatMap((step) => [...loaded.forward({ steps: [step], windows: one.input.length })]);
    loaded.dispose();
    expect(difference(inferred, ordered(one.inference.output))).toBeLessThan(1e-5);
    const [update] = gradients.statistics;
    const moved = (before: Float32Array, fresh: Float32Array) =>
      before.map((value, k) => value * one.momentum + fresh[k]! * (1 - one.momentum));
    expect(difference(moved(weights[2]!, update!.mean), flat(one.training.moving_mean_after))).toBeLessThan(1e-5);
    expect(difference(moved(weights[3]!, update!.variance), flat(one.training.moving_variance_after))).toBeLessThan(1e-5);
  });
});

describe.skipIf(!present)('losses and optimisers against Keras (skipped where ../shared/reference is absent)', () => {
  const LOSSES: Readonly<Record<string, Loss>> = {
    mse: { kind: 'mse' },
    mae: { kind: 'mae' },
    'huber-delta1': { kind: 'huber', delta: 1 },
    bce_from_logits: { kind: 'binary-cross-entropy' },
  };
  for (const one of layers.losses as Json[]) {
    const known =
      LOSSES[one.id] ??
      (String(one.id).startsWith('huber') && one.delta ? ({ kind: 'huber', delta: one.delta } as Loss) : undefined) ??
      (/logit/.test(one.id) && /binary|bce/.test(one.id) ? LOSSES.bce_from_logits : undefined);
    (known ? it : it.skip)(`${one.id}${known ? '' : ' (a loss this project does not have)'}`, () => {
      const predicted = Float32Array.from(flat(one.y_pred));
      const gradient = new Float32Array(predicted.length);
      expect(lossAndGradient(known!, predicted, Float32Array.from(flat(one.y_true)), gradient)).toBeCloseTo(one.value, 5);
      expect(difference(gradient, flat(one.grad_y_pred))).toBeLessThan(1e-5);
    });
  }

  const optimiserOf = (config: Json): Optimiser | undefined => {
    const { name, learning_rate: learningRate, beta_1: beta1, beta_2: beta2, epsilon, weight_decay: weightDecay, rho, momentum } = config;
    if (config.clipnorm || config.global_clipnorm || config.nesterov || config.centered || (name === 'rmsprop' && momentum))
      return undefined;
    if (name === 'adam' || name === 'adamw') return { kind: name, learningRate, beta1, beta2, epsilon, weightDecay: weightDecay ?? 0 };
    if (name === 'rmsprop') return { kind: name, learningRate, rho, epsilon };
    return name === 'sgd' ? { kind: name, learningRate, momentum: momentum ?? 0 } : undefined;
  };
  for (const one of trainings.optimizer_steps as Json[]) {
    const optimiser = optimiserOf(one.config);
    (optimiser ? it : it.skip)(`steps of ${one.id}${optimiser ? '' : ' (a variant this project does not have)'}`, () => {
      const step = createStep(optimiser!);
      const weights = Float32Array.from(flat(one.initial));
      (one.gradients as Json[]).forEach((gradient, k) => {
        step([weights], [Float32Array.from(flat(gradient))]);
        expect(difference(weights, flat(one.after_each_step[k]))).toBeLessThan(1e-5);
      });
    });
  }
});

describe.skipIf(!present)('whole trainings against Keras (skipped where ../shared/reference is absent)', () => {
  for (const one of trainings.trainings as Json[]) {
    const lacking = one.optimizer.clipnorm ? ' (clipping per variable, which this project does not have)' : '';
    (lacking ? it.skip : it)(`${one.id}: losses and final weights${lacking}`, async () => {
      const isGru = String(one.id).startsWith('B');
      const l2 = isGru ? 0.01 : 0;
      const recurrent = (units: number, sequences: boolean) =>
        ({ kind: isGru ? 'gru' : 'lstm', units, activation: 'tanh', sequences, kernelL2: l2, recurrentL2: l2, resetAfter: true }) as Layer;
      const norm: Layer[] = isGru ? [{ kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 }] : [];
      const network: Network = {
        lookback: 6,
        inputs: 3,
        outputs: 1,
        layers: [
          recurrent(6, true),
          ...norm,
          recurrent(4, false),
          ...norm,
          { kind: 'dense', units: 5, activation: 'relu', kernelL2: 0 },
          { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 },
        ],
      };
      const {
        name,
        learning_rate: learningRate,
        beta_1: beta1,
        beta_2: beta2,
        epsilon,
        weight_decay: weightDecay = 0,
        global_clipnorm: clipNorm = 0,
      } = one.optimizer;
      const training: Training = {
        epochs: one.epochs,
        batchSize: one.batch_size,
        loss: isGru ? { kind: 'huber', delta: 1 } : { kind: 'mse' },
        optimiser: { kind: name, learningRate, beta1, beta2, epsilon, weightDecay },
        patience: 0,
        clipNorm,
        shuffle: false,
        seed: 1,
      };
      const count = one.X.length;
      const samples = {
        rows: Float32Array.from(flat(one.X)),
        inputs: 3,
        lookback: 6,
        outputs: 1,
        ends: Int32Array.from({ length: count }, (_, k) => k * 6 + 5),
        targets: Float32Array.from(flat(one.Y)),
        trainCount: count,
      };
      const initial = parametersOf(network)
        .flat()
        .map(({ name: weight, shape }, k) => ({ name: weight, shape, values: Float32Array.from(flat(one.initial_weights[k].value)) }));
      const result = await train(tf, network, samples, training, initial, {});
      if (result.kind === 'refused') throw new Error(result.reason);
      expect(difference(result.losses, one.fit_loss_per_epoch)).toBeLessThan(1e-4);
      result.weights.forEach(({ values }, k) => {
        expect(difference(values, flat(one.final_weights[k].value))).toBeLessThan(1e-4);
      });
    });
  }
});

describe('gradients by finite differences', () => {
  const recurrent = { units: 3, kernelL2: 0, recurrentL2: 0 } as const;
  const cases: readonly (readonly [string, readonly Layer[]])[] = [
    [
      'relu lstm over relu gru',
      [
        { kind: 'lstm', ...recurrent, activation: 'relu', sequences: true },
        { kind: 'gru', ...recurrent, activation: 'relu', sequences: false, resetAfter: true },
      ],
    ],
    [
      'gru with reset before over batch normalisation over rnn',
      [
        { kind: 'rnn', ...recurrent, activation: 'tanh', sequences: true },
        { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 },
        { kind: 'gru', ...recurrent, activation: 'tanh', sequences: false, resetAfter: false },
      ],
    ],
    [
      'dense sigmoid and tanh over lstm',
      [
        { kind: 'lstm', ...recurrent, activation: 'tanh', sequences: false },
        { kind: 'dense', units: 3, activation: 'sigmoid', kernelL2: 0 },
        { kind: 'dense', units: 2, activation: 'tanh', kernelL2: 0 },
      ],
    ],
  ];

  it.each(cases)('%s', (_, stack) => {
    const network: Network = {
      lookback: 4,
      inputs: 2,
      outputs: 1,
      layers: [...stack, { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 }],
    };
    const random = createRandom(12);
    const weights = parametersOf(network)
      .flat()
      .map(({ shape, initial }) =>
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (initial === 'ones' ? 1 : 0) + 0.5 * random.normal()),
      );
    const batch = { steps: Array.from({ length: 4 }, () => Float32Array.from({ length: 5 * 2 }, () => random.normal())), windows: 5 };
    const target = Float32Array.from({ length: 5 }, () => random.normal());
    const run = (values: readonly Float32Array[]) => {
      const loaded = loadNetwork(tf, network, values);
      let loss = 0;
      const { weights: gradients } = loaded.backward(batch, { training: true }, (outputs) => {
        const gradient = new Float32Array(5);
        loss = lossAndGradient({ kind: 'mse' }, outputs, target, gradient);
        return gradient;
      });
      loaded.dispose();
      return { loss, gradients };
    };
    const { gradients } = run(weights);
    const trainable = parametersOf(network)
      .flat()
      .flatMap((parameter, k) => (parameter.trainable ? [k] : []));
    trainable.forEach((k, g) => {
      for (const j of [0, weights[k]!.length - 1]) {
        const step = 2e-3;
        const moved = (by: number) =>
          run(weights.map((values, other) => (other === k ? values.map((value, place) => (place === j ? value + by : value)) : values)))
            .loss;
        const slope = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(slope - gradients[g]![j]!)).toBeLessThan(5e-3 * Math.max(1, Math.abs(slope)));
      }
    });
  });
});

describe('parameter counts', () => {
  const lstm = (units: number, sequences: boolean): Layer => ({
    kind: 'lstm',
    units,
    activation: 'relu',
    sequences,
    kernelL2: 0,
    recurrentL2: 0,
  });
  const gru = (units: number, sequences: boolean): Layer => ({
    kind: 'gru',
    units,
    activation: 'relu',
    sequences,
    kernelL2: 0,
    recurrentL2: 0,
    resetAfter: true,
  });
  const dense = (units: number): Layer => ({ kind: 'dense', units, activation: 'relu', kernelL2: 0 });
  const norm: Layer = { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 };
  it.each([
    [34_977, 30, 21, [lstm(64, true), lstm(32, false), dense(16), dense(1)]],
    [26_657, 30, 21, [gru(64, true), gru(32, false), dense(16), dense(1)]],
    [32_301, 60, 1, [lstm(50, true), norm, lstm(50, false), norm, dense(25), dense(1)]],
    [19_244, 6, 8, [lstm(64, false), dense(8), dense(4)]],
  ] as const)('%i, as published', (count, lookback, inputs, stack) => {
    expect(parameterCount({ lookback, inputs, outputs: 1, layers: stack })).toBe(count);
  });
});
