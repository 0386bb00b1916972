import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import type { Layer, Loss, Optimiser } from '../../src/models/network.ts';
import type { Trainer, Weight } from '../../src/models/trainer.ts';
import { difference } from './keras-values.ts';
import { referenceLoss } from './reference-network.ts';
import { dense, forecastsOf, INPUTS, NETWORKS, networkOf, retargeted, STILL, samplesOf, trained, trainingOf } from './training-cases.ts';

type Make = () => Promise<Trainer>;

/** What every option of a training promises, seen from the port. */
export function trainingContract(trainer: Make): void {
  describe('losses', () => lossCases(trainer));
  describe('optimisers', () => optimiserCases(trainer));
  describe('sample weights', () => sampleWeightCases(trainer));
  describe('noise', () => noiseCases(trainer));
  describe('dropout', () => dropoutCases(trainer));
  describe('L2', () => penaltyCases(trainer));
  describe('batches', () => shapeCases(trainer));
}

/** The weights as one list of numbers. */
function numbers(weights: readonly Weight[]): number[] {
  return weights.flatMap(({ values }) => [...values]);
}

/** The Euclidean distance between two sets of weights. */
function distance(one: readonly Weight[], other: readonly Weight[]): number {
  const others = numbers(other);
  return Math.hypot(...numbers(one).map((value, k) => value - others[k]!));
}

function lossCases(trainer: Make): void {
  const lstm = NETWORKS.lstm[0];
  const binary = retargeted(samplesOf(160), 1, (row) => (row[0]! > 0 ? 1 : 0));
  const sizes = samplesOf(160);
  const three = retargeted(sizes, 3, (row, output) => Math.abs(row[0]!) + output);
  const cases: readonly (readonly [string, Loss, typeof sizes])[] = [
    ['mse', { kind: 'mse' }, sizes],
    ['mse of three outputs', { kind: 'mse' }, three],
    ['mae', { kind: 'mae' }, sizes],
    ['huber', { kind: 'huber', delta: 0.5 }, sizes],
    ['binary cross-entropy', { kind: 'binary-cross-entropy' }, binary],
    ['quantile of three outputs', { kind: 'quantile', quantiles: [0.1, 0.5, 0.9] }, three],
  ];
  it.each(cases)('%s falls, and the one told for validation is that of the forecasts', async (_, loss, samples) => {
    const engine = await trainer();
    const { outputs, trainCount, targets } = samples;
    const network = networkOf([lstm, dense(outputs)], { outputs });
    const { losses, validationLosses, weights } = await trained(engine, network, samples, trainingOf({ loss, epochs: 8 }));
    expect(losses[7]!).toBeLessThan(0.9 * losses[0]!);
    const predictor = engine.open(network, weights);
    const held = forecastsOf(predictor, samples).subarray(trainCount * outputs);
    predictor.close();
    const expected = referenceLoss(loss, held, targets.subarray(trainCount * outputs), outputs);
    expect(difference([validationLosses[7]!], [expected])).toBeLessThan(1e-5);
  });

  it('of several outputs teach each its own target', async () => {
    const engine = await trainer();
    const samples = retargeted(samplesOf(320), INPUTS, (row, output) => row[output]!);
    const network = networkOf([{ ...NETWORKS['gru, reset after'][0], units: 8 }, dense(INPUTS)], { outputs: INPUTS });
    const { weights } = await trained(engine, network, samples, trainingOf({ epochs: 20, optimiser: { ...ADAM, learningRate: 0.03 } }));
    const predictor = engine.open(network, weights);
    const forecasts = forecastsOf(predictor, samples);
    predictor.close();
    const column = (values: ArrayLike<number>, j: number) => Array.from(samples.ends, (_, k) => values[k * INPUTS + j]!);
    for (let j = 0; j < INPUTS; j++) {
      for (let other = 0; other < INPUTS; other++) {
        const together = correlation(column(forecasts, j), column(samples.targets, other));
        if (other === j) expect(together).toBeGreaterThan(0.9);
        else expect(Math.abs(together)).toBeLessThan(0.3);
      }
    }
  });

  it('quantile leaves the share asked for below each forecast, of skewed noise', async () => {
    const engine = await trainer();
    const quantiles = [0.1, 0.5, 0.9];
    const random = createRandom(21);
    // Exponential noise, that the inputs know nothing of: the quantiles are -ln(1 - q), 0.105, 0.693 and 2.303.
    const drawn = Float32Array.from({ length: 400 }, () => -Math.log(1 - random.uniform()));
    const samples = {
      ...samplesOf(400, 3, 0),
      outputs: 3,
      targets: Float32Array.from({ length: 1200 }, (_, k) => drawn[Math.floor(k / 3)]!),
    };
    const network = networkOf([{ ...NETWORKS.rnn[0], units: 2 }, dense(3)], { outputs: 3 });
    const optimiser = { ...ADAM, learningRate: 0.02 } as const;
    const training = trainingOf({ loss: { kind: 'quantile', quantiles }, optimiser, epochs: 60, batchSize: 50 });
    const { weights } = await trained(engine, network, samples, training);
    const predictor = engine.open(network, weights);
    const forecasts = forecastsOf(predictor, samples);
    predictor.close();
    quantiles.forEach((quantile, j) => {
      const below = drawn.filter((value, k) => value < forecasts[k * 3 + j]!).length / drawn.length;
      expect(below).toBeGreaterThan(quantile - 0.05);
      expect(below).toBeLessThan(quantile + 0.05);
    });
  });
}

const ADAM = { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 } as const;

function optimiserCases(trainer: Make): void {
  const cases: readonly (readonly [string, Optimiser])[] = [
    ['adam', ADAM],
    ['adam with weight decay', { ...ADAM, weightDecay: 0.01 }],
    ['adamw', { ...ADAM, kind: 'adamw', weightDecay: 0.01 }],
    ['rmsprop', { kind: 'rmsprop', learningRate: 0.01, rho: 0.9, epsilon: 1e-7 }],
    ['sgd', { kind: 'sgd', learningRate: 0.1, momentum: 0 }],
    ['sgd with momentum', { kind: 'sgd', learningRate: 0.05, momentum: 0.9 }],
  ];
  it('all lower the loss, each in its own way', async () => {
    const engine = await trainer();
    const finals: number[] = [];
    for (const [name, optimiser] of cases) {
      const { losses } = await trained(
        engine,
        networkOf(NETWORKS['gru, reset after']),
        samplesOf(120),
        trainingOf({ optimiser, epochs: 10 }),
      );
      expect(losses[9]!, name).toBeLessThan(0.9 * losses[0]!);
      finals.push(losses[9]!);
    }
    expect(new Set(finals).size).toBe(cases.length);
  });

  it('with a clipped gradient move no further than rate x limit a step', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS.lstm);
    const optimiser = { kind: 'sgd', learningRate: 1, momentum: 0 } as const;
    // 45 training samples in batches of 16: 3 steps.
    const train = async (options: Parameters<typeof trainingOf>[0]) =>
      (await trained(engine, network, samplesOf(60), trainingOf({ epochs: 1, ...options }))).weights;
    const initial = await train({ optimiser: STILL });
    expect(distance(await train({ optimiser, clipNorm: 1e-3 }), initial)).toBeLessThan(3e-3 * 1.001);
    expect(distance(await train({ optimiser, clipNorm: 1e-3 }), initial)).toBeGreaterThan(1e-3);
    expect(distance(await train({ optimiser }), initial)).toBeGreaterThan(0.1);
    expect(await train({ optimiser, clipNorm: 1e6 })).toEqual(await train({ optimiser }));
  });

  it('stand still once a plateau took nearly all of the learning rate', async () => {
    const engine = await trainer();
    const random = createRandom(9);
    const samples = { ...samplesOf(80), targets: Float32Array.from({ length: 80 }, () => random.normal()) };
    const train = (epochs: number, factor: number | null) => {
      const plateau = factor === null ? null : { factor, patience: 1, minimum: 0 };
      return trained(engine, networkOf(NETWORKS.rnn), samples, trainingOf({ epochs, plateau }));
    };
    const [short, long] = [await train(25, 1e-9), await train(35, 1e-9)];
    expect(distance(short.weights, long.weights)).toBeLessThan(1e-6);
    expect(distance((await train(25, null)).weights, (await train(35, null)).weights)).toBeGreaterThan(0.01);
    // Until then nothing is different: the plateau needs an epoch that did not fall.
    expect(short.validationLosses.slice(0, 2)).toEqual((await train(2, null)).validationLosses);
    expect((await train(25, 1)).weights).toEqual((await train(25, null)).weights);
  });
}

function sampleWeightCases(trainer: Make): void {
  const samples = samplesOf(60);
  const network = networkOf(NETWORKS.lstm);

  it('of 0 leave nothing of a sample but its place', async () => {
    const engine = await trainer();
    const weights = Float32Array.from({ length: 45 }, (_, k) => (k % 3 === 0 ? 0 : 1));
    const targets = samples.targets.map((value, k) => (k < 45 && k % 3 === 0 ? 100 - value : value));
    const one = await trained(engine, network, { ...samples, weights }, trainingOf());
    expect(await trained(engine, network, { ...samples, weights, targets }, trainingOf())).toEqual(one);
    expect(one.weights).not.toEqual((await trained(engine, network, samples, trainingOf())).weights);
  });

  it('of 1 are no weights, bit for bit', async () => {
    const engine = await trainer();
    const weights = new Float32Array(45).fill(1);
    const unweighted = await trained(engine, network, samples, trainingOf());
    expect(await trained(engine, network, { ...samples, weights }, trainingOf())).toEqual(unweighted);
  });

  it('scale the loss, whose mean still divides by the number of samples, and leave validation alone', async () => {
    const engine = await trainer();
    const weights = new Float32Array(45).fill(0.25);
    const plain = await trained(engine, network, samples, trainingOf({ optimiser: STILL }));
    const scaled = await trained(engine, network, { ...samples, weights }, trainingOf({ optimiser: STILL }));
    expect(
      difference(
        scaled.losses,
        plain.losses.map((loss) => loss / 4),
      ),
    ).toBeLessThan(1e-6);
    expect(scaled.validationLosses).toEqual(plain.validationLosses);
  });
}

function noiseCases(trainer: Make): void {
  const samples = samplesOf(60);
  const network = networkOf(NETWORKS.lstm);

  it('changes the weights, the same way for the same seed', async () => {
    const engine = await trainer();
    const none = await trained(engine, network, samples, trainingOf());
    const some = await trained(engine, network, samples, trainingOf({ noise: 0.1 }));
    expect(some.weights).not.toEqual(none.weights);
    expect(await trained(engine, network, samples, trainingOf({ noise: 0.1 }))).toEqual(some);
    expect(await trained(engine, network, samples, trainingOf({ noise: 0.2 }))).not.toEqual(some);
  });

  it('is drawn afresh for every batch of training, and never in validation', async () => {
    const engine = await trainer();
    const training = trainingOf({ optimiser: STILL, shuffle: false, epochs: 8, batchSize: 64 });
    const none = await trained(engine, network, samples, training);
    expect(new Set(none.losses).size).toBe(1);
    const some = await trained(engine, network, samples, { ...training, noise: 0.1 });
    expect(new Set(some.losses).size).toBe(8);
    expect(some.validationLosses).toEqual(none.validationLosses);
  });
}

function dropoutCases(trainer: Make): void {
  const [cell, output] = NETWORKS.lstm;
  const dropout: Layer = { kind: 'dropout', rate: 0.5 };

  it('draws another mask for every batch, and none in validation and forecasts', async () => {
    const engine = await trainer();
    const samples = samplesOf(60);
    const network = networkOf([{ ...cell, sequences: true }, dropout, cell, dropout, output]);
    const training = trainingOf({ optimiser: STILL, shuffle: false, epochs: 8, batchSize: 64 });
    const { losses, validationLosses, weights } = await trained(engine, network, samples, training);
    expect(new Set(losses).size).toBe(8);
    expect(new Set(validationLosses).size).toBe(1);
    const dropping = engine.open(network, weights);
    // Without dropout the layers have other numbers.
    const names = { '2': '1', '4': '2' } as const;
    const renamed = weights.map((weight) => ({ ...weight, name: weight.name.replace(/^[24]/, (digit) => names[digit as '2']) }));
    const plain = engine.open(networkOf([{ ...cell, sequences: true }, cell, output]), renamed);
    expect(forecastsOf(dropping, samples)).toEqual(forecastsOf(plain, samples));
    dropping.close();
    plain.close();
  });

  it('of rate 0 changes nothing from batch to batch', async () => {
    const network = networkOf([cell, { ...dropout, rate: 0 }, output]);
    const training = trainingOf({ optimiser: STILL, shuffle: false, batchSize: 64 });
    const { losses } = await trained(await trainer(), network, samplesOf(60), training);
    expect(new Set(losses).size).toBe(1);
  });
}

function penaltyCases(trainer: Make): void {
  const layersOf = (l2: number): Layer[] => [
    { ...NETWORKS.lstm[0], sequences: true, kernelL2: l2, recurrentL2: l2 },
    { ...NETWORKS['gru, reset after'][0], kernelL2: l2, recurrentL2: l2 },
    { kind: 'dense', units: 1, activation: 'linear', kernelL2: l2 },
  ];
  const kernels = (weights: readonly Weight[]) => numbers(weights.filter(({ name }) => name.endsWith('kernel')));

  it('adds strength x squares of kernels, not of biases, to both losses', async () => {
    const engine = await trainer();
    const train = (l2: number) => trained(engine, networkOf(layersOf(l2)), samplesOf(60), trainingOf({ optimiser: STILL, epochs: 1 }));
    const [plain, penalised] = [await train(0), await train(0.1)];
    expect(penalised.weights).toEqual(plain.weights);
    const penalty = 0.1 * kernels(plain.weights).reduce((sum, value) => sum + value * value, 0);
    expect(difference([penalised.losses[0]!], [plain.losses[0]! + penalty])).toBeLessThan(1e-5);
    expect(difference([penalised.validationLosses[0]!], [plain.validationLosses[0]! + penalty])).toBeLessThan(1e-5);
  });

  it('shrinks the kernels', async () => {
    const engine = await trainer();
    const norm = async (l2: number) =>
      Math.hypot(...kernels((await trained(engine, networkOf(layersOf(l2)), samplesOf(60), trainingOf({ epochs: 10 }))).weights));
    expect(await norm(0.1)).toBeLessThan(0.9 * (await norm(0)));
  });
}

function shapeCases(trainer: Make): void {
  it.each([1, 7, 64, 1000])('of %i windows give the same mean loss where nothing moves, and can be trained', async (batchSize) => {
    const engine = await trainer();
    const network = networkOf(NETWORKS['gru, reset after']);
    const still = (size: number) => trained(engine, network, samplesOf(60), trainingOf({ optimiser: STILL, epochs: 1, batchSize: size }));
    const [one, whole] = [await still(batchSize), await still(45)];
    expect(difference(one.losses, whole.losses)).toBeLessThan(1e-5);
    expect(difference(one.validationLosses, whole.validationLosses)).toBeLessThan(1e-12);
    const { losses } = await trained(engine, network, samplesOf(60), trainingOf({ batchSize, epochs: 10 }));
    expect(losses[9]!).toBeLessThan(losses[0]!);
  });

  it('of windows of one row are trained, and a forecast sees nothing else', async () => {
    const engine = await trainer();
    for (const layers of [
      NETWORKS.rnn,
      NETWORKS['stacked, relu, L2, dropout and a hidden layer'],
      NETWORKS['batch normalisation between'],
    ]) {
      const network = networkOf(layers, { lookback: 1 });
      const samples = samplesOf(60, 3, 0.25, 1);
      const { weights } = await trained(engine, network, samples, trainingOf());
      const predictor = engine.open(network, weights);
      const before = forecastsOf(predictor, samples);
      const rows = samples.rows.slice();
      rows.fill(9, 20 * INPUTS, 21 * INPUTS);
      const after = forecastsOf(predictor, { ...samples, rows });
      predictor.close();
      samples.ends.forEach((end, k) => {
        if (end !== 20) expect(after[k]).toBe(before[k]);
      });
      expect(after[20]).not.toBe(before[20]);
    }
  });
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], centreX: number, y: readonly number[], centreY: number) =>
    x.reduce((sum, value, k) => sum + (value - centreX) * (y[k]! - centreY), 0);
  return product(a, meanA, b, meanB) / Math.sqrt(product(a, meanA, a, meanA) * product(b, meanB, b, meanB));
}
