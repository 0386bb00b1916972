import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import type { Layer, Network, Training } from '../../src/models/network.ts';
import type { Epoch, Samples, Trained, Trainer } from '../../src/models/trainer.ts';

const recurrent = { units: 5, activation: 'tanh', kernelL2: 0, recurrentL2: 0 } as const;
const output: Layer = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };

/** Networks every trainer of networks must train, by what is special about them. */
export const NETWORKS: Readonly<Record<string, readonly Layer[]>> = {
  rnn: [{ kind: 'rnn', ...recurrent, sequences: false }, output],
  lstm: [{ kind: 'lstm', ...recurrent, sequences: false }, output],
  'gru, reset after': [{ kind: 'gru', ...recurrent, sequences: false, resetAfter: true }, output],
  'gru, reset before': [{ kind: 'gru', ...recurrent, sequences: false, resetAfter: false }, output],
  'stacked, relu, L2, dropout and a hidden layer': [
    { kind: 'lstm', ...recurrent, activation: 'relu', kernelL2: 0.01, recurrentL2: 0.01, sequences: true },
    { kind: 'dropout', rate: 0.3 },
    { kind: 'gru', ...recurrent, sequences: false, resetAfter: true },
    { kind: 'dense', units: 4, activation: 'relu', kernelL2: 0.01 },
    output,
  ],
  'batch normalisation between': [
    { kind: 'gru', ...recurrent, sequences: true, resetAfter: true },
    { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
    { kind: 'lstm', ...recurrent, sequences: false },
    output,
  ],
};

export const LOOKBACK = 6;
export const INPUTS = 3;

export function networkOf(layers: readonly Layer[]): Network {
  return { lookback: LOOKBACK, inputs: INPUTS, outputs: 1, layers };
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
    seed: 5,
    ...options,
  };
}

/** Windows of noise whose target is the size, not the sign, of the last step: nothing a linear model could learn. */
export function samplesOf(count: number, seed = 3, validation = 0.25): Samples {
  const random = createRandom(seed);
  const rows = Float32Array.from({ length: (count + LOOKBACK) * INPUTS }, () => random.normal());
  const ends = Int32Array.from({ length: count }, (_, k) => k + LOOKBACK - 1);
  const targets = Float32Array.from(ends, (end) => Math.abs(rows[end * INPUTS]!) - 0.8);
  return { rows, inputs: INPUTS, lookback: LOOKBACK, outputs: 1, ends, targets, trainCount: Math.round(count * (1 - validation)) };
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

/** What every trainer of networks promises. `make` may take its time; it is called once. */
export function trainerContract(name: string, make: () => Promise<Trainer>): void {
  describe(`a trainer: ${name}`, () => {
    let made: Promise<Trainer> | undefined;
    const trainer = () => {
      made ??= make();
      return made;
    };

    describe.each(Object.entries(NETWORKS))('%s', (_, layers) => {
      const network = networkOf(layers);
      const samples = samplesOf(60);

      it('gives the same weights for the same seed, and others for another', async () => {
        const engine = await trainer();
        const one = await trained(engine, network, samples, trainingOf());
        expect(await trained(engine, network, samples, trainingOf())).toEqual(one);
        const other = await trained(engine, network, samples, trainingOf({ seed: 6 }));
        expect(other.weights[0]!.values).not.toEqual(one.weights[0]!.values);
      });

      it('forecasts a window bit for bit the same alone, among others, and in any batch', async () => {
        const engine = await trainer();
        const { weights } = await trained(engine, network, samples, trainingOf({ epochs: 1 }));
        const predictor = engine.open(network, weights);
        const all = new Float32Array(samples.ends.length);
        const slots = samples.ends.map((end) => end + 1000);
        predictor.forecast(samples.rows, samples.ends, slots, all);
        for (const k of [0, 17, 59]) {
          const alone = new Float32Array(1);
          predictor.forecast(samples.rows, samples.ends.subarray(k, k + 1), slots.subarray(k, k + 1), alone);
          expect(alone[0]).toBe(all[k]);
        }
        const later = new Float32Array(20);
        predictor.forecast(samples.rows, samples.ends.subarray(30, 50), slots.subarray(30, 50), later);
        expect(later).toEqual(all.subarray(30, 50));
        const again = engine.open(network, weights);
        const reopened = new Float32Array(60);
        again.forecast(samples.rows, samples.ends, slots, reopened);
        expect(reopened).toEqual(all);
        predictor.close();
        again.close();
      });

      it('answers a NaN with a NaN, in the windows that hold it only', async () => {
        const engine = await trainer();
        const { weights } = await trained(engine, network, samples, trainingOf({ epochs: 1 }));
        const predictor = engine.open(network, weights);
        const clean = new Float32Array(60);
        predictor.forecast(samples.rows, samples.ends, samples.ends, clean);
        const rows = samples.rows.slice();
        rows[20 * INPUTS + 1] = Number.NaN;
        const holed = new Float32Array(60);
        predictor.forecast(rows, samples.ends, samples.ends, holed);
        samples.ends.forEach((end, k) => {
          const touched = end - LOOKBACK + 1 <= 20 && 20 <= end;
          expect(holed[k]).toBe(touched ? Number.NaN : clean[k]);
        });
        predictor.close();
      });
    });

    it('forecasts a window the same whatever its company: any order, gaps and slots that repeat', async () => {
      const engine = await trainer();
      const network = networkOf(NETWORKS.lstm!);
      const { rows, ends } = samplesOf(200);
      const { weights } = await trained(engine, network, samplesOf(60), trainingOf({ epochs: 1 }));
      const predictor = engine.open(network, weights);
      const all = new Float32Array(200);
      predictor.forecast(rows, ends, ends, all);
      const some = fc.uniqueArray(fc.nat({ max: 199 }), { minLength: 1, maxLength: 90 });
      fc.assert(
        fc.property(some, (chosen) => {
          const chosenEnds = Int32Array.from(chosen, (k) => ends[k]!);
          const into = new Float32Array(chosen.length);
          predictor.forecast(rows, chosenEnds, chosenEnds, into);
          expect(into).toEqual(Float32Array.from(chosen, (k) => all[k]!));
        }),
        { seed: 1, numRuns: 20 },
      );
      predictor.close();
    });

    it('trains the last batch too where it is smaller than the others, and needs no validation samples', async () => {
      const engine = await trainer();
      const network = networkOf(NETWORKS.rnn!);
      const samples = samplesOf(17, 3, 0);
      const training = trainingOf({ shuffle: false, epochs: 1, patience: 2 });
      const one = await trained(engine, network, samples, training);
      expect(one).toMatchObject({ epochs: 1, bestEpoch: 1, validationLosses: [] });
      const targets = samples.targets.slice();
      targets[16]! += 1;
      const other = await trained(engine, network, { ...samples, targets }, training);
      expect(other.weights[0]!.values).not.toEqual(one.weights[0]!.values);
    });

    it('learns a rule that is not linear', async () => {
      const samples = samplesOf(800);
      const network = networkOf(NETWORKS['gru, reset after']!);
      const { validationLosses } = await trained(await trainer(), network, samples, trainingOf({ epochs: 15 }));
      const held = samples.targets.subarray(samples.trainCount);
      const mean = samples.targets.subarray(0, samples.trainCount).reduce((sum, value) => sum + value, 0) / samples.trainCount;
      const byMean = held.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / held.length;
      expect(Math.min(...validationLosses)).toBeLessThan(0.5 * byMean);
    });

    it('stops when patience runs out and keeps the best weights', async () => {
      const engine = await trainer();
      const network = networkOf(NETWORKS.lstm!);
      // Targets of pure noise: the validation loss cannot go on falling.
      const random = createRandom(9);
      const samples = { ...samplesOf(80), targets: Float32Array.from({ length: 80 }, () => random.normal()) };
      const stopped = await trained(engine, network, samples, trainingOf({ epochs: 200, patience: 3 }));
      expect(stopped.epochs).toBe(stopped.bestEpoch + 3);
      expect(stopped.validationLosses[stopped.bestEpoch - 1]).toBe(Math.min(...stopped.validationLosses));
      const untilBest = await trained(engine, network, samples, trainingOf({ epochs: stopped.bestEpoch }));
      expect(stopped.weights).toEqual(untilBest.weights);
    });

    it('refuses a loss that is not finite, with the epoch in the reason', async () => {
      const engine = await trainer();
      const optimiser = { kind: 'sgd', learningRate: 1e30, momentum: 0 } as const;
      const result = await engine.fit(networkOf(NETWORKS.rnn!), samplesOf(60), trainingOf({ optimiser, epochs: 5 }), {});
      expect(result).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/loss is not finite .* in epoch \d/) });
    });

    it('refuses to train on nothing', async () => {
      const result = await (await trainer()).fit(networkOf(NETWORKS.rnn!), { ...samplesOf(20), trainCount: 0 }, trainingOf(), {});
      expect(result).toEqual({ kind: 'refused', reason: 'there are no training samples' });
    });

    it('refuses weights that only the very last step made infinite', async () => {
      const optimiser = { kind: 'sgd', learningRate: 1e45, momentum: 0 } as const;
      const training = trainingOf({ optimiser, epochs: 1, batchSize: 64 });
      const result = await (await trainer()).fit(networkOf(NETWORKS.rnn!), samplesOf(60, 3, 0), training, {});
      expect(result).toEqual({ kind: 'refused', reason: 'the weights are not finite after epoch 1' });
    });

    it('lets the process run between batches, so that an abort meets an epoch half done', async () => {
      const controller = new AbortController();
      const epochs: Epoch[] = [];
      const watch = { signal: controller.signal, onEpoch: (epoch: Epoch) => epochs.push(epoch) };
      const stopped = (await trainer()).fit(networkOf(NETWORKS.rnn!), samplesOf(600), trainingOf({ epochs: 1, batchSize: 1 }), watch);
      setImmediate(() => controller.abort(new Error('enough')));
      await expect(stopped).rejects.toThrow('enough');
      expect(epochs).toEqual([]);
    });

    it('tells every epoch, and stops with the reason of an abort', async () => {
      const engine = await trainer();
      const epochs: Epoch[] = [];
      await engine.fit(networkOf(NETWORKS.rnn!), samplesOf(60), trainingOf(), { onEpoch: (epoch) => epochs.push(epoch) });
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      const controller = new AbortController();
      const stopped = engine.fit(networkOf(NETWORKS.rnn!), samplesOf(60), trainingOf({ epochs: 50 }), {
        signal: controller.signal,
        onEpoch: () => controller.abort(new Error('enough')),
      });
      await expect(stopped).rejects.toThrow('enough');
    });

    it('refuses weights that are not those of the network', async () => {
      const engine = await trainer();
      const { weights } = await trained(engine, networkOf(NETWORKS.rnn!), samplesOf(60), trainingOf({ epochs: 1 }));
      expect(() => engine.open(networkOf(NETWORKS.lstm!), weights)).toThrow(
        'Expected weight 0.lstm.kernel of shape [3, 20], received 0.rnn.kernel of shape [3, 5]',
      );
    });
  });
}
