import { describe, expect, it } from 'vitest';
import type { Layer, Network, Optimiser, Training } from '../../src/models/network.ts';
import { parametersOf } from '../../src/models/parameters.ts';
import { chanceContract } from './chance.ts';
import { COMMON_LAYERS, type EngineOptions, type EnginePass } from './engine.ts';
import { gradientContract } from './gradients.ts';
import {
  againstKeras,
  difference,
  flat,
  floats,
  type Json,
  kerasLayers,
  kerasOptimisers,
  kerasTrainings,
  stepMajor,
} from './keras-values.ts';
import { referenceOutputs } from './reference-network.ts';

export type { EnginePass } from './engine.ts';

/**
 * Holds an engine against Keras 3.15 (single layers, optimisers, whole trainings) and against finite differences (every layer, stack and
 * loss), from below its port. Layers outside `options.layers` are skipped by name.
 */
export function kerasContract(name: string, pass: () => Promise<EnginePass>, options: EngineOptions = { layers: COMMON_LAYERS }): void {
  describe(`an engine: ${name}`, () => {
    againstKeras('layers', () => layerCases(pass));
    againstKeras('steps of optimisers', () => optimiserCases(pass));
    describe('steps of optimisers by hand', () => handCases(pass));
    againstKeras('whole trainings', () => trainingCases(pass));
    gradientContract(pass, options);
    chanceContract(pass);
  });
}

const RECURRENT = { SimpleRNN: 'rnn', LSTM: 'lstm', GRU: 'gru' } as const;

function layerCases(pass: () => Promise<EnginePass>): void {
  it.each(kerasLayers.recurrent)('$id: outputs and gradients', async (one) => {
    const layer = {
      kind: RECURRENT[one.layer as 'GRU'],
      units: one.units,
      activation: 'tanh',
      sequences: one.return_sequences,
      kernelL2: 0,
      recurrentL2: 0,
      resetAfter: one.reset_after,
    } as Layer;
    checkLayer(await pass(), layer, ['kernel', 'recurrent_kernel', 'bias'], one, one.input);
  });

  const denseOf = (one: Json): Layer => ({ kind: 'dense', units: one.units, activation: one.activation, kernelL2: 0 });
  it.each(kerasLayers.dense)('$id: outputs and gradients', async (one) => {
    checkLayer(await pass(), denseOf(one), ['kernel', 'bias'], one, one.input);
  });

  it.each(kerasLayers.dense)('$id along time: the rows as steps of one window', async (one) => {
    checkLayer(await pass(), denseOf(one), ['kernel', 'bias'], one, [one.input]);
  });

  it.each(kerasLayers.normalisation)('$id: training, inference and moving statistics', async (one) => {
    const engine = await pass();
    const layer: Layer = { kind: 'batchNorm', momentum: one.momentum, epsilon: one.epsilon };
    const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const values = { weights: one.weights, cotangent: one.cotangent, ...one.training };
    const { network, weights, movingAfter } = checkLayer(engine, layer, names, values, one.input);
    const inferred = engine.forward(network, weights, floats(one.input), one.input.length);
    expect(difference(inferred, stepMajor(one.inference.output))).toBeLessThan(1e-5);
    expect(
      difference(referenceOutputs(network, weights, flat(one.input), one.input.length, false), stepMajor(one.inference.output)),
    ).toBeLessThan(1e-6);
    expect(movingAfter).toHaveLength(2);
    expect(difference(movingAfter[0]!, flat(one.training.moving_mean_after))).toBeLessThan(1e-5);
    expect(difference(movingAfter[1]!, flat(one.training.moving_variance_after))).toBeLessThan(1e-5);
  });
}

/** Outputs, gradients of weights and of the input of a layer alone; and the outputs of the float64 network that the gradients use. */
function checkLayer(engine: EnginePass, layer: Layer, names: readonly string[], one: Json, input: Json) {
  const sequence = Array.isArray(input[0][0]);
  const inputs = (sequence ? input[0][0] : input[0]).length as number;
  const network: Network = { lookback: sequence ? input[0].length : 1, inputs, outputs: one.units ?? inputs, layers: [layer] };
  const weights = names.map((name) => floats(one.weights[name]));
  let outputs = new Float32Array(0);
  const gradients = engine.backward(network, weights, floats(input), input.length, (received) => {
    outputs = Float32Array.from(received);
    return Float32Array.from(stepMajor(one.cotangent));
  });
  expect(difference(outputs, stepMajor(one.output))).toBeLessThan(1e-5);
  const exact = names.map((name) => flat(one.weights[name]));
  expect(difference(referenceOutputs(network, exact, flat(input), input.length, true), stepMajor(one.output))).toBeLessThan(1e-10);
  const trained = names.filter((name) => one.grads[name]);
  expect(gradients.weights).toHaveLength(trained.length);
  trained.forEach((name, k) => {
    expect(difference(gradients.weights[k]!, flat(one.grads[name])), name).toBeLessThan(1e-5);
  });
  expect(difference(gradients.input, flat(one.grads.input)), 'input').toBeLessThan(1e-5);
  return { network, weights, movingAfter: gradients.movingAfter };
}

/** A configuration of Keras as ours, or what we lack of it. */
function optimiserOf(config: Json): Optimiser | string {
  const {
    name,
    learning_rate: learningRate,
    beta_1: beta1,
    beta_2: beta2,
    epsilon,
    rho,
    momentum = 0,
    weight_decay: weightDecay = 0,
  } = config;
  if (config.clipnorm) return 'no clipping per variable';
  if (config.nesterov) return 'no Nesterov momentum';
  if (name === 'adam' || name === 'adamw') return { kind: name, learningRate, beta1, beta2, epsilon, weightDecay };
  if (name === 'rmsprop') return momentum ? 'no momentum in rmsprop' : { kind: name, learningRate, rho, epsilon };
  if (name === 'sgd') return { kind: name, learningRate, momentum };
  throw new TypeError(`Expected an optimiser of Keras, received ${name}`);
}

function optimiserCases(pass: () => Promise<EnginePass>): void {
  for (const one of kerasOptimisers) {
    const optimiser = optimiserOf(one.config);
    if (typeof optimiser === 'string') {
      it.skip(`${one.id} (this project has ${optimiser})`, () => {});
      continue;
    }
    it(one.id, async () => {
      const steps = (await pass()).optimise(optimiser, floats(one.initial), (one.gradients as Json[]).map(floats), 0);
      expect(steps).toHaveLength(one.after_each_step.length);
      steps.forEach((weights, k) => {
        expect(difference(weights, flat(one.after_each_step[k]))).toBeLessThan(1e-5);
      });
    });
  }
}

function handCases(pass: () => Promise<EnginePass>): void {
  it('the global norm is clipped to the limit and not below: (3, 4) has norm 5', async () => {
    const engine = await pass();
    const sgd = { kind: 'sgd', learningRate: 1, momentum: 0 } as const;
    const moved = (limit: number) => engine.optimise(sgd, new Float32Array(2), [Float32Array.of(3, 4)], limit)[0]!;
    expect(difference(moved(1), [-0.6, -0.8])).toBeLessThan(1e-6);
    expect([...moved(5)]).toEqual([-3, -4]);
    expect([...moved(5.2)]).toEqual([-3, -4]);
    expect([...moved(0)]).toEqual([-3, -4]);
  });

  it("adam's weight decay is coupled: the gradient gains weightDecay x weight (PyTorch's Adam)", async () => {
    const engine = await pass();
    const adam = { kind: 'adam', learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.3 } as const;
    const initial = Float32Array.of(1, -2, 0.5);
    const gradients = [Float32Array.of(0.2, 0.1, -0.4), Float32Array.of(-0.1, 0.3, 0.2), Float32Array.of(0.5, -0.2, 0.1)];
    const steps = engine.optimise(adam, initial, gradients, 0);
    const before = [initial, ...steps];
    const gained = gradients.map((gradient, k) => gradient.map((value, j) => value + 0.3 * before[k]![j]!));
    const plain = engine.optimise({ ...adam, weightDecay: 0 }, initial, gained, 0);
    steps.forEach((weights, k) => {
      expect(difference(weights, plain[k]!)).toBeLessThan(1e-5);
    });
    expect(difference(steps[2]!, engine.optimise({ ...adam, weightDecay: 0 }, initial, gradients, 0)[2]!)).toBeGreaterThan(0.01);
  });
}

function trainingCases(pass: () => Promise<EnginePass>): void {
  for (const one of kerasTrainings) {
    const optimiser = optimiserOf(one.optimizer);
    if (typeof optimiser === 'string') {
      it.skip(`${one.id} (this project has ${optimiser})`, () => {});
      continue;
    }
    it(`${one.id}: losses, final weights, evaluations and forecasts`, async () => {
      const engine = await pass();
      const isGru = String(one.id).startsWith('B');
      const network = trainingNetwork(isGru);
      const training: Training = {
        epochs: one.epochs,
        batchSize: one.batch_size,
        loss: isGru ? { kind: 'huber', delta: 1 } : { kind: 'mse' },
        optimiser,
        patience: 0,
        clipNorm: one.optimizer.global_clipnorm ?? 0,
        shuffle: false,
        noise: 0,
        plateau: null,
        seed: 1,
      };
      const count = one.X.length as number;
      // The training samples validate too: Keras' evaluate after each epoch.
      const samples = {
        rows: floats(one.X),
        inputs: 3,
        lookback: 6,
        outputs: 1,
        ends: Int32Array.from({ length: 2 * count }, (_, k) => (k % count) * 6 + 5),
        targets: Float32Array.from([...flat(one.Y), ...flat(one.Y)]),
        trainCount: count,
      };
      const initial = parametersOf(network)
        .flat()
        .map(({ name, shape }, k) => ({ name, shape, values: floats(one.initial_weights[k].value) }));
      const result = await engine.train(network, samples, training, initial);
      if (result.kind === 'refused') throw new Error(result.reason);
      expect(difference(result.losses, one.fit_loss_per_epoch)).toBeLessThan(1e-4);
      expect(difference(result.validationLosses, one.evaluate_loss_after_epoch)).toBeLessThan(1e-4);
      result.weights.forEach(({ name, values }, k) => {
        expect(difference(values, flat(one.final_weights[k].value)), name).toBeLessThan(1e-4);
      });
      const forecasts = engine.forward(
        network,
        result.weights.map(({ values }) => values),
        samples.rows,
        count,
      );
      expect(difference(forecasts, flat(one.final_predictions))).toBeLessThan(1e-4);
    });
  }
}

/** LSTM 6 over LSTM 4, or GRU with batch normalisation and L2; then dense 5 relu and dense 1. */
function trainingNetwork(isGru: boolean): Network {
  const l2 = isGru ? 0.01 : 0;
  const recurrent = (units: number, sequences: boolean): Layer => {
    const cell = { units, activation: 'tanh', sequences, kernelL2: l2, recurrentL2: l2 } as const;
    return isGru ? { kind: 'gru', ...cell, resetAfter: true } : { kind: 'lstm', ...cell };
  };
  const norm: Layer[] = isGru ? [{ kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 }] : [];
  const dense = (units: number, activation: 'relu' | 'linear'): Layer => ({ kind: 'dense', units, activation, kernelL2: 0 });
  const layers = [recurrent(6, true), ...norm, recurrent(4, false), ...norm, dense(5, 'relu'), dense(1, 'linear')];
  return { lookback: 6, inputs: 3, outputs: 1, layers };
}
