import { describe, expect, it } from 'vitest';
import { learners } from '../../../src/models/baselines/learners.ts';
import type { BaselineKind } from '../../../src/models/model.ts';
import { learn, said } from './cases.ts';
import { type Protocol, present, protocol, reason, type Score, score } from './protocol.ts';

const SEEDS = [1, 2, 3, 4, 5];

async function scored(kind: BaselineKind, { samples, actual, targetScaler }: Protocol, seed = 1): Promise<Score> {
  const { weights } = await learn(learners[kind], samples, seed);
  const forecast = said(learners[kind], weights, samples, samples.ends.subarray(samples.trainCount));
  return score(
    Float64Array.from(forecast, (value) => value * targetScaler.scale[0]! + targetScaler.offset[0]!),
    actual,
  );
}

function expectWithin(received: Score, expected: Score, tolerance: number): void {
  for (const name of ['r2', 'rmse', 'mae'] as const) {
    expect(Math.abs(received[name] / expected[name] - 1), `${name}: ${received[name]}, not ${expected[name]}`).toBeLessThan(tolerance);
  }
}

// Values: scikit-learn 1.9.1 on the features of TA-Lib 0.8.2 (task33.json, publishedProtocol).
describe.skipIf(!present)(`on the published next-day experiment${reason}`, () => {
  const scaled = present ? protocol() : undefined;
  const dollars = present ? protocol('none') : undefined;

  it('the rows are those of the publication: 741 to learn from, 158 scored, 21 features', () => {
    expect(scaled!.samples).toMatchObject({ inputs: 21, trainCount: 741 });
    expect(scaled!.actual.length).toBe(158);
    expectWithin(score(scaled!.last, scaled!.actual), scaled!.reference.persistence!, 1e-12);
  });

  it('least squares scores as scikit-learn does, though only 19 of the 21 columns are independent', async () => {
    expectWithin(await scored('least-squares', scaled!), scaled!.reference.linear!, 1e-5);
    expectWithin(await scored('least-squares', dollars!), scaled!.reference.linear!, 1e-5);
  });

  it('support vectors score as those of scikit-learn, up to how far it solves', async () => {
    // Solved to 1e-8, scikit-learn comes to .7330685; at its tolerance of 1e-3, to the value of the reference.
    const { r2 } = await scored('support-vector', scaled!);
    expect(Math.abs(r2 - scaled!.reference.svr!.r2)).toBeLessThan(1e-3);
    expect(Math.abs(r2 - 0.7330685)).toBeLessThan(1e-5);
    const unscaled = await scored('support-vector', dollars!);
    expect(Math.abs(unscaled.r2 - dollars!.reference.svr_unscaled_target!.r2)).toBeLessThan(1e-3);
  });

  it('a forest scores as one of scikit-learn, in the median of five seeds', async () => {
    for (const [of, expected] of [
      [scaled!, scaled!.reference.forest!],
      [dollars!, scaled!.reference.forest_unscaled!],
    ] as const) {
      const scores = await Promise.all(SEEDS.map(async (seed) => (await scored('forest', of, seed)).r2));
      scores.sort((a, b) => a - b);
      expect(Math.abs(scores[2]! - expected.r2)).toBeLessThan(0.02);
      expect(scores[4]! - scores[0]!).toBeLessThan(0.03);
    }
  });

  it('boosting falls as that of scikit-learn, and scores within its spread over seeds', async () => {
    // scikit-learn 1.9.1, GradientBoostingRegressor on the same rows: losses of rounds 1, 2, 3, 10, 30, 100; R2 .8253 to .8292 in 30 seeds,
    // which choose between splits that are equally good.
    const { losses } = await learn(learners.boosting, scaled!.samples);
    const expected = [0.81620135, 0.66705199, 0.54578686, 0.14042998, 0.01454662, 0.00710055];
    [1, 2, 3, 10, 30, 100].forEach((round, k) => {
      expect(losses[round - 1]).toBeCloseTo(expected[k]!, 7);
    });
    const { r2 } = await scored('boosting', scaled!);
    expect(r2).toBeGreaterThan(0.82);
    expect(r2).toBeLessThan(0.835);
  });
});
