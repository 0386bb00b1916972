import { describe, expect, it } from 'vitest';
import type { Layer, Network, Training } from '../../src/models/network.ts';
import { parametersOf } from '../../src/models/parameters.ts';
import type { EnginePass } from './engine.ts';
import { STILL, trainingOf } from './training-cases.ts';

const COUNT = 4096;
const cell = { kind: 'rnn', units: 1, activation: 'relu', kernelL2: 0, recurrentL2: 0 } as const;
const output: Layer = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };

/** The size of noise and the share of dropout, seen through networks that pass them on to the loss as they are. */
export function chanceContract(pass: () => Promise<EnginePass>): void {
  describe('chance, by its size in the loss', () => {
    it('noise on the inputs has the standard deviation asked for', async () => {
      // h = x + noise + 8, far from relu's kink; the output takes the 8 away: mse against x is the noise's variance.
      const layers: readonly Layer[] = [{ ...cell, sequences: false }, output];
      const weights = [[1], [0], [8], [1], [-8]];
      const { loss } = await step(await pass(), layers, weights, (x) => x, { noise: 0.5 });
      // The estimate of a variance from n normal numbers has the relative standard error sqrt(2 / n), 2.2 %.
      expect(loss / 0.25).toBeGreaterThan(0.91);
      expect(loss / 0.25).toBeLessThan(1.09);
    });

    it('dropout zeroes the share asked for, scales the rest, and draws every step of every window apart', async () => {
      // Every step gives 1, the second cell adds 3 steps up: mse against 3 is the variance of the sum of 3 masks, 3 rate / (1 - rate)
      // where they are independent, three times as much where all steps share one.
      const layers: readonly Layer[] = [
        { ...cell, sequences: true },
        { kind: 'dropout', rate: 0.3 },
        { ...cell, sequences: false },
        output,
      ];
      const weights = [[0], [0], [1], [1], [1], [0], [1], [0]];
      const expected = (3 * 0.3) / 0.7;
      const { loss } = await step(await pass(), layers, weights, () => 3);
      expect(loss / expected).toBeGreaterThan(0.9);
      expect(loss / expected).toBeLessThan(1.1);
      // Against 0 the mean of the masks joins in: 9 of it.
      const { loss: around } = await step(await pass(), layers, weights, () => 0);
      expect(around - loss).toBeGreaterThan(8.6);
      expect(around - loss).toBeLessThan(9.4);
    });

    it('dropout sends every gradient back through the mask of its own step and window', async () => {
      // y = k (sum over steps of mask x input): the gradient of the mean of y^2 by k = 1 is twice the loss, if and only if the masks on
      // the way back are those of the way there.
      const layers: readonly Layer[] = [
        { ...cell, sequences: true },
        { kind: 'dropout', rate: 0.3 },
        { ...cell, sequences: false },
        output,
      ];
      const weights = [[1], [0], [0], [1], [1], [0], [1], [0]];
      const optimiser = { kind: 'sgd', learningRate: 0.01, momentum: 0 } as const;
      const { loss, moved } = await step(await pass(), layers, weights, () => 0, { optimiser });
      expect(loss).toBeGreaterThan(1);
      expect(moved / (0.01 * 2 * loss)).toBeCloseTo(1, 4);
    });
  });
}

/** One step on one batch of 4,096 windows of 3 steps, of rate 0 unless told: its loss, and how far the first weight went down. */
async function step(
  engine: EnginePass,
  layers: readonly Layer[],
  weights: readonly (readonly number[])[],
  target: (x: number) => number,
  options: Partial<Training> = {},
): Promise<{ readonly loss: number; readonly moved: number }> {
  const network: Network = { lookback: 3, inputs: 1, outputs: 1, layers };
  // Between 0.5 and 1.4: a relu lets them pass.
  const rows = Float32Array.from({ length: COUNT + 2 }, (_, k) => (k % 7) / 7 + 0.5);
  const ends = Int32Array.from({ length: COUNT }, (_, k) => k + 2);
  const targets = Float32Array.from(ends, (end) => target(rows[end]!));
  const samples = { rows, inputs: 1, lookback: 3, outputs: 1, ends, targets, trainCount: COUNT };
  const initial = parametersOf(network)
    .flat()
    .map(({ name, shape }, k) => ({ name, shape, values: Float32Array.from(weights[k]!) }));
  const training = trainingOf({ epochs: 1, batchSize: COUNT, optimiser: STILL, shuffle: false, seed: 4, ...options });
  const result = await engine.train(network, samples, training, initial);
  if (result.kind === 'refused') throw new Error(result.reason);
  return { loss: result.losses[0]!, moved: weights[0]![0]! - result.weights[0]!.values[0]! };
}
