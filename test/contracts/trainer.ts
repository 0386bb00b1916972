import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import type { Layer } from '../../src/models/network.ts';
import type { Epoch, Trainer } from '../../src/models/trainer.ts';
import { ALL_LAYERS, type EngineOptions, lacking } from './engine.ts';
import { trainingContract } from './training.ts';
import { dense, forecastsOf, INPUTS, LOOKBACK, NETWORKS, networkOf, samplesOf, trained, trainingOf } from './training-cases.ts';

export { INPUTS, LOOKBACK, NETWORKS, networkOf, samplesOf, trained, trainingOf } from './training-cases.ts';

/** What every trainer of networks promises, for fits in this process or in others. `make` may take its time; it is called once. */
export function trainerContract(name: string, make: () => Promise<Trainer>, options: EngineOptions): void {
  describe(`a trainer: ${name}`, () => {
    let made: Promise<Trainer> | undefined;
    const trainer = () => {
      made ??= make();
      return made;
    };
    for (const [words, layers] of Object.entries(NETWORKS)) {
      const reason = lacking(layers, options);
      describe.skipIf(reason !== '')(`${words}${reason}`, () => networkCases(trainer, layers));
    }
    describe('forecasts', () => forecastCases(trainer));
    describe('fits', () => fitCases(trainer));
    describe('aborts', () => abortCases(trainer));
    describe('refusals', () => refusalCases(trainer, options));
    trainingContract(trainer);
  });
}

type Make = () => Promise<Trainer>;

function networkCases(trainer: Make, layers: readonly Layer[]): void {
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
    expect(new Set(all).size).toBeGreaterThan(30);
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
    const clean = forecastsOf(predictor, samples);
    const rows = samples.rows.slice();
    rows[20 * INPUTS + 1] = Number.NaN;
    const holed = forecastsOf(predictor, { ...samples, rows });
    samples.ends.forEach((end, k) => {
      const touched = end - LOOKBACK + 1 <= 20 && 20 <= end;
      expect(holed[k]).toBe(touched ? Number.NaN : clean[k]);
    });
    predictor.close();
  });
}

function forecastCases(trainer: Make): void {
  it('of a window are the same whatever its company: any order, gaps and slots that repeat', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS.lstm);
    const { rows, ends } = samplesOf(200);
    const { weights } = await trained(engine, network, samplesOf(60), trainingOf({ epochs: 1 }));
    const predictor = engine.open(network, weights);
    const all = new Float32Array(200);
    predictor.forecast(rows, ends, ends, all);
    const some = fc.uniqueArray(fc.nat({ max: 199 }), { minLength: 0, maxLength: 90 });
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

  it('go on beside a fit and beside other predictors, each by its own weights', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS['gru, reset after']);
    const samples = samplesOf(60);
    const one = engine.open(network, (await trained(engine, network, samples, trainingOf())).weights);
    const before = forecastsOf(one, samples);
    const fit = trained(engine, network, samples, trainingOf({ seed: 6 }));
    await wait(1);
    expect(forecastsOf(one, samples)).toEqual(before);
    const other = engine.open(network, (await fit).weights);
    expect(forecastsOf(other, samples)).not.toEqual(before);
    other.close();
    expect(forecastsOf(one, samples)).toEqual(before);
    one.close();
  });

  it('refuse weights that are not those of the network', async () => {
    const engine = await trainer();
    const { weights } = await trained(engine, networkOf(NETWORKS.rnn), samplesOf(60), trainingOf({ epochs: 1 }));
    expect(() => engine.open(networkOf(NETWORKS.lstm), weights)).toThrow(
      'Expected weight 0.lstm.kernel of shape [3, 20], received 0.rnn.kernel of shape [3, 5]',
    );
  });
}

function fitCases(trainer: Make): void {
  it('train the last batch too where it is smaller than the others, and need no validation samples', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS.rnn);
    const samples = samplesOf(17, 3, 0);
    const training = trainingOf({ shuffle: false, epochs: 1, patience: 2 });
    const one = await trained(engine, network, samples, training);
    expect(one).toMatchObject({ epochs: 1, bestEpoch: 1, validationLosses: [] });
    const targets = samples.targets.slice();
    targets[16]! += 1;
    const other = await trained(engine, network, { ...samples, targets }, training);
    expect(other.weights[0]!.values).not.toEqual(one.weights[0]!.values);
  });

  it('learn a rule that is not linear', async () => {
    const samples = samplesOf(800);
    const network = networkOf(NETWORKS['gru, reset after']);
    const { validationLosses } = await trained(await trainer(), network, samples, trainingOf({ epochs: 15 }));
    const held = samples.targets.subarray(samples.trainCount);
    const mean = samples.targets.subarray(0, samples.trainCount).reduce((sum, value) => sum + value, 0) / samples.trainCount;
    const byMean = held.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / held.length;
    expect(Math.min(...validationLosses)).toBeLessThan(0.5 * byMean);
  });

  it('stop when patience runs out and keep the best weights', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS.lstm);
    // Targets of pure noise: the validation loss cannot go on falling.
    const random = createRandom(9);
    const samples = { ...samplesOf(80), targets: Float32Array.from({ length: 80 }, () => random.normal()) };
    const stopped = await trained(engine, network, samples, trainingOf({ epochs: 200, patience: 3 }));
    expect(stopped.epochs).toBe(stopped.bestEpoch + 3);
    expect(stopped.validationLosses[stopped.bestEpoch - 1]).toBe(Math.min(...stopped.validationLosses));
    const untilBest = await trained(engine, network, samples, trainingOf({ epochs: stopped.bestEpoch }));
    expect(stopped.weights).toEqual(untilBest.weights);
  });

  it('tell every epoch as it ends, with the losses they return', async () => {
    const engine = await trainer();
    const epochs: Epoch[] = [];
    const result = await engine.fit(networkOf(NETWORKS.rnn), samplesOf(60), trainingOf(), { onEpoch: (epoch) => epochs.push(epoch) });
    if (result.kind === 'refused') throw new Error(result.reason);
    expect(epochs.map(({ epoch, epochs: all }) => [epoch, all])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(epochs.map(({ loss }) => loss)).toEqual(result.losses);
    expect(epochs.map(({ validationLoss }) => validationLoss)).toEqual(result.validationLosses);
    await engine.fit(networkOf(NETWORKS.rnn), samplesOf(20, 3, 0), trainingOf({ epochs: 1 }), { onEpoch: (epoch) => epochs.push(epoch) });
    expect(epochs[3]!.validationLoss).toBeNull();
  });

  it('leave the samples as they were', async () => {
    const samples = { ...samplesOf(60), weights: new Float32Array(45).fill(0.5) };
    const before = structuredClone(samples);
    await trained(await trainer(), networkOf(NETWORKS.lstm), samples, trainingOf({ noise: 0.1 }));
    expect(samples).toEqual(before);
  });

  it('under way at once give what they give one after another', async () => {
    const engine = await trainer();
    expect(Number.isInteger(engine.concurrency) && engine.concurrency >= 1).toBe(true);
    const network = networkOf(NETWORKS['stacked, relu, L2, dropout and a hidden layer']);
    const train = (seed: number) => trained(engine, network, samplesOf(40, seed), trainingOf({ seed }));
    const together = await Promise.all([train(1), train(2), train(3)]);
    expect(together).toEqual([await train(1), await train(2), await train(3)]);
  });
}

function abortCases(trainer: Make): void {
  // Without the abort this fit would take hours, on any engine.
  const endless = trainingOf({ epochs: 1_000_000, batchSize: 1 });

  it('by a timer stop a fit under way with their reason: timers run, and no epoch is told afterwards', async () => {
    const controller = new AbortController();
    const epochs: Epoch[] = [];
    const stopped = (await trainer()).fit(networkOf(NETWORKS.rnn), samplesOf(600), endless, {
      signal: controller.signal,
      onEpoch: (epoch) => epochs.push(epoch),
    });
    let told = 0;
    setTimeout(() => {
      told = epochs.length;
      controller.abort(new Error('enough'));
    }, 30);
    await expect(stopped).rejects.toThrow('enough');
    // Epochs that were already on their way may still have been told.
    const atRejection = epochs.length;
    expect(atRejection - told).toBeLessThan(50);
    await wait(50);
    expect(epochs.length).toBe(atRejection);
  });

  it('from the news of an epoch stop the fit too', async () => {
    const controller = new AbortController();
    let told = 0;
    const stopped = (await trainer()).fit(networkOf(NETWORKS.rnn), samplesOf(60), endless, {
      signal: controller.signal,
      onEpoch: () => {
        told += 1;
        controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(told).toBeLessThan(500);
  });

  it('before a fit let none begin', async () => {
    let told = 0;
    const onEpoch = () => {
      told += 1;
    };
    const signal = AbortSignal.abort(new Error('too late'));
    await expect((await trainer()).fit(networkOf(NETWORKS.rnn), samplesOf(60), trainingOf(), { signal, onEpoch })).rejects.toThrow(
      'too late',
    );
    expect(told).toBe(0);
  });

  it('leave the trainer fit for the next', async () => {
    const engine = await trainer();
    const network = networkOf(NETWORKS.rnn);
    const before = await trained(engine, network, samplesOf(60), trainingOf());
    const controller = new AbortController();
    const stopped = engine.fit(network, samplesOf(600), endless, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 10);
    await expect(stopped).rejects.toThrow('enough');
    expect(await trained(engine, network, samplesOf(60), trainingOf())).toEqual(before);
  });
}

function refusalCases(trainer: Make, options: EngineOptions): void {
  it('name the epoch of a loss that is not finite', async () => {
    const optimiser = { kind: 'sgd', learningRate: 1e30, momentum: 0 } as const;
    const result = await (await trainer()).fit(networkOf(NETWORKS.rnn), samplesOf(60), trainingOf({ optimiser, epochs: 5 }), {});
    expect(result).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/loss is not finite .* in epoch \d/) });
  });

  it('say that there is nothing to train on', async () => {
    const result = await (await trainer()).fit(networkOf(NETWORKS.rnn), { ...samplesOf(20), trainCount: 0 }, trainingOf(), {});
    expect(result).toEqual({ kind: 'refused', reason: 'there are no training samples' });
  });

  it('meet weights that only the very last step made infinite', async () => {
    const optimiser = { kind: 'sgd', learningRate: 1e45, momentum: 0 } as const;
    const training = trainingOf({ optimiser, epochs: 1, batchSize: 64 });
    const result = await (await trainer()).fit(networkOf(NETWORKS.rnn), samplesOf(60, 3, 0), training, {});
    expect(result).toEqual({ kind: 'refused', reason: 'the weights are not finite after epoch 1' });
  });

  const [cell] = NETWORKS.rnn;
  it.each([
    ['a sequence out of the last layer', [{ ...cell, sequences: true }, dense(1)], 'received a sequence'],
    ['one vector into a recurrent layer', [cell, cell, dense(1)], 'Expected a sequence into layer 1 (rnn)'],
    ['another number of outputs', [cell, dense(2)], 'Expected 1 outputs from the last layer, received 2'],
  ] as const)('throw over a network that makes no sense: %s', async (_, layers, message) => {
    const engine = await trainer();
    await expect((async () => engine.fit(networkOf(layers), samplesOf(20), trainingOf(), {}))()).rejects.toThrow(message);
    expect(() => engine.open(networkOf(layers), [])).toThrow(message);
  });

  const missing = ALL_LAYERS.filter((kind) => !options.layers.includes(kind));
  it.skipIf(missing.length === 0)(
    `throw over a layer the engine has not, by its name (${missing.join(', ') || 'it has all'})`,
    async () => {
      const engine = await trainer();
      for (const layers of Object.values(NETWORKS)) {
        if (lacking(layers, options) === '') continue;
        await expect((async () => engine.fit(networkOf(layers), samplesOf(20), trainingOf(), {}))()).rejects.toThrow(
          new RegExp(missing.join('|')),
        );
      }
    },
  );
}
