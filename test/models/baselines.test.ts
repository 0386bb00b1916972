import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { drift, majority, mean, persistence } from '../../src/models/baselines/constant.ts';
import { linear } from '../../src/models/baselines/linear.ts';
import { baseline, createModel, networkOf } from '../../src/models/model.ts';
import type { Samples, Trainer } from '../../src/models/trainer.ts';

const training = { ...createModel({ kind: 'linear' }).training, seed: 1 };

function samplesOf(rows: readonly number[], lookback: number, targets: readonly number[], trainCount = targets.length): Samples {
  const ends = Int32Array.from(targets, (_, k) => k + lookback - 1);
  return { rows: Float32Array.from(rows), inputs: 1, lookback, outputs: 1, ends, targets: Float32Array.from(targets), trainCount };
}

async function forecasts(trainer: Trainer, samples: Samples): Promise<number[]> {
  const network = networkOf(baseline('linear', { lookback: samples.lookback }), samples.inputs);
  const trained = await trainer.fit(network, samples, training, {});
  if (trained.kind === 'refused') throw new Error(trained.reason);
  const into = new Float32Array(samples.ends.length);
  const predictor = trainer.open(network, trained.weights);
  predictor.forecast(samples.rows, samples.ends, samples.ends, into);
  predictor.close();
  return [...into];
}

describe('baselines', () => {
  const small = samplesOf([1, 2, 3, 4], 1, [0.02, -0.01, 0.03, 0.9], 3);

  it('persistence says exactly zero', async () => {
    expect(await forecasts(persistence, small)).toEqual([0, 0, 0, 0]);
  });

  it('drift says the mean of the training returns', async () => {
    for (const value of await forecasts(drift, small)) expect(value).toBeCloseTo(0.04 / 3, 7);
  });

  it('mean says the mean of the training targets, whatever they are', async () => {
    expect(await forecasts(mean, samplesOf([1, 2, 3, 4], 1, [100, 104, 105, 900], 3))).toEqual([103, 103, 103, 103]);
  });

  it('majority says the more frequent direction, with the size of the mean', async () => {
    for (const value of await forecasts(majority, small)) expect(value).toBeCloseTo(0.04 / 3, 7);
    const falling = samplesOf([1, 2, 3], 1, [-0.01, -0.01, 0.05]);
    for (const value of await forecasts(majority, falling)) expect(value).toBeCloseTo(-0.01, 7);
  });

  it('linear finds a linear rule over the window, in more samples than inputs and in fewer', async () => {
    const random = createRandom(4);
    for (const [lookback, count] of [
      [3, 400],
      [40, 30],
    ] as const) {
      const rows = Array.from({ length: count + lookback }, () => random.normal());
      const targets = Array.from({ length: count }, (_, k) => 0.5 + 2 * rows[k + lookback - 1]! - rows[k + lookback - 2]!);
      const said = await forecasts(linear, samplesOf(rows, lookback, targets));
      const error = targets.reduce((sum, target, k) => sum + (target - said[k]!) * (target - said[k]!), 0) / count;
      expect(error).toBeLessThan(lookback === 3 ? 0.1 : 1);
    }
  });

  it('linear without validation equals the ridge solution by hand', async () => {
    // One input, targets y: kernel = sum((x - mx) (y - my)) / (sum((x - mx)^2) + 0.1 n), the middle penalty.
    const rows = [1, 2, 4, 7];
    const targets = [1, 3, 2, 6];
    const mx = 3.5;
    const my = 3;
    const top = rows.reduce((sum, x, k) => sum + (x - mx) * (targets[k]! - my), 0);
    const bottom = rows.reduce((sum, x) => sum + (x - mx) * (x - mx), 0) + 0.1 * 4;
    const said = await forecasts(linear, samplesOf(rows, 1, targets));
    rows.forEach((x, k) => {
      expect(said[k]).toBeCloseTo(my + (top / bottom) * (x - mx), 5);
    });
  });

  it('linear picks the penalty on the validation part: pure noise is shrunk towards the mean', async () => {
    const random = createRandom(8);
    const rows = Array.from({ length: 230 }, () => random.normal());
    const targets = Array.from({ length: 200 }, () => random.normal());
    const said = await forecasts(linear, samplesOf(rows, 30, targets, 150));
    const spread = Math.sqrt(said.slice(150).reduce((sum, value) => sum + value * value, 0) / 50);
    expect(spread).toBeLessThan(0.3);
  });
});
