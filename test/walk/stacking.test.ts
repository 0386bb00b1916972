import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outlook } from '../../src/core/policy.ts';
import { createRandom } from '../../src/core/random.ts';
import { combineForecasts, rowsBehind } from '../../src/walk/combination.ts';
import { stackingReach, stackingWeights } from '../../src/walk/stacking.ts';
import type { Forecasts } from '../../src/walk/walk.ts';

const column = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));

// Three models of a return that is none of them: one knows nothing, one half of it, one next to nothing.
const RETURNS = column(14, (i) => (((7 * i) % 11) - 5) / 100);
const MODELS = [
  column(14, (i) => (((3 * i) % 7) - 3) / 100),
  column(14, (i) => RETURNS[i]! * 0.5 + (((5 * i) % 3) - 1) / 100),
  column(14, (i) => (((2 * i) % 5) - 2) / 200),
];
const at = (weights: Float64Array, row: number, count = 3) => [...weights.subarray(row * count, (row + 1) * count)];

describe('the weights of a stacking', () => {
  // By scipy 1.17.1: nnls(vstack([F, diag(sqrt(1e-6 * (F ** 2).sum(axis=0)))]), concatenate([y, zeros(3)]))[0], with F and y the rows
  // max(0, i - 2 - 6 + 1) .. i - 2 of the models and the returns: horizon 2, window 6.
  it.each([
    [4, [0, 1.3623174782622316, 0]],
    [7, [0, 1.5416651250015416, 0]],
    [11, [0.4557690814458308, 1.5807677263995226, 0]],
  ])('at row %i are those of non-negative least squares on what was known by then', (row, expected) => {
    const weights = at(stackingWeights(MODELS, RETURNS, 2, 6), row);
    expected.forEach((weight, k) => {
      expect(weights[k]).toBeCloseTo(weight, 10);
    });
  });

  it('are equal until half of the window is scored', () => {
    const weights = stackingWeights(MODELS, RETURNS, 2, 6);
    for (const row of [0, 3]) expect(at(weights, row)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    // Where a model was silent there is one row less to learn from.
    const silent = MODELS[0]!.slice();
    silent[1] = Number.NaN;
    const later = stackingWeights([silent, MODELS[1]!, MODELS[2]!], RETURNS, 2, 6);
    expect(at(later, 4)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(at(later, 5)).not.toEqual([1 / 3, 1 / 3, 1 / 3]);
  });

  it('are shared by models that say the same, and are none for one that always says 0', () => {
    const [a, b, zero] = at(stackingWeights([RETURNS, RETURNS, new Float64Array(14)], RETURNS, 1, 8), 12) as [number, number, number];
    expect(a).toBeCloseTo(0.5, 5);
    expect(b).toBeCloseTo(0.5, 5);
    expect(zero).toBe(0);
  });

  it('turn a model that is always wrong off rather than round', () => {
    const wrong = RETURNS.map((value) => -value);
    expect(at(stackingWeights([wrong, MODELS[1]!], RETURNS, 1, 8), 12, 2)[0]).toBe(0);
  });

  const random = (seed: number, length: number) => {
    const chance = createRandom(seed);
    return column(length, () => (chance.uniform() < 0.1 ? Number.NaN : 0.01 * chance.normal()));
  };

  it('rest on nothing later, and on nothing earlier than their window: any cut gives the same bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 1, max: 59 }),
        (seed, horizon, window, row) => {
          const models = [1, 2, 3].map((k) => random(seed + k, 60));
          const returns = random(seed, 60).map((value, i) => (Number.isNaN(value) || i + horizon >= 60 ? Number.NaN : value));
          const whole = at(stackingWeights(models, returns, horizon, window), row);
          const until = (one: Float64Array, known: number) => one.map((value, i) => (i > row - known ? 1e3 : value));
          // At the close of `row` forecasts up to it are known, and outcomes of rows a horizon before it.
          const poisoned = stackingWeights(
            models.map((model) => until(model, 0)),
            until(returns, horizon),
            horizon,
            window,
          );
          expect(at(poisoned, row)).toEqual(whole);
          const first = Math.max(0, row - stackingReach(window, horizon));
          const late = stackingWeights(
            models.map((model) => model.map((value, i) => (i < first ? Number.NaN : value))),
            returns,
            horizon,
            window,
          );
          expect(at(late, row)).toEqual(whole);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('forecasts combined', () => {
  const outlook = (model: Float64Array, k: number): Outlook => ({
    horizon: 1,
    lower: model.map((value) => value - 0.01 * (k + 1)),
    upper: model.map((value) => value + 0.02),
    probability: model.map((value) => 0.5 + 10 * value * (k + 1)),
  });
  const members = MODELS.map((model, k): Forecasts => ({ serving: [new Int32Array(14)], columns: [model], outlooks: [outlook(model, k)] }));
  const combine = (kind: 'mean' | 'median' | 'stacking') => combineForecasts({ combine: kind, members: [], window: 6 }, members, [RETURNS]);

  it.each(['mean', 'median'] as const)('by their %s: bounds and probability in the same way', (kind) => {
    const { columns, outlooks } = combine(kind);
    const middle = (values: readonly number[]) =>
      kind === 'mean' ? values.reduce((sum, value) => sum + value, 0) / 3 : [...values].sort((a, b) => a - b)[1]!;
    for (const row of [0, 5, 13]) {
      const of = (pick: (member: Forecasts) => Float64Array) => middle(members.map((member) => pick(member)[row]!));
      expect(columns[0]![row]).toBeCloseTo(
        of((member) => member.columns[0]!),
        15,
      );
      for (const name of ['lower', 'upper', 'probability'] as const) {
        expect(outlooks[0]![name][row]).toBeCloseTo(
          of((member) => member.outlooks[0]![name]),
          15,
        );
      }
    }
  });

  it('by stacking: bounds with the weights of the returns, probabilities with their shares', () => {
    const { columns, outlooks } = combine('stacking');
    const row = 12;
    const weights = at(stackingWeights(MODELS, RETURNS, 1, 6), row);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    expect(sum).toBeGreaterThan(1.05);
    const weighted = (of: (k: number) => number) => weights.reduce((total, weight, k) => total + weight * of(k), 0);
    expect(columns[0]![row]).toBeCloseTo(
      weighted((k) => MODELS[k]![row]!),
      15,
    );
    expect(outlooks[0]!.lower[row]).toBeCloseTo(
      weighted((k) => members[k]!.outlooks[0]!.lower[row]!),
      15,
    );
    expect(outlooks[0]!.probability[row]).toBeCloseTo(weighted((k) => members[k]!.outlooks[0]!.probability[row]!) / sum, 15);
    expect(outlooks[0]!.lower[row]).toBeLessThan(columns[0]![row]!);
    expect(outlooks[0]!.upper[row]).toBeGreaterThan(columns[0]![row]!);
  });

  it('need the rows before a decision that the weights rest on', () => {
    expect(rowsBehind({ combine: 'mean', members: [] }, 3)).toBe(0);
    expect(rowsBehind({ combine: 'stacking', members: [], window: 6 }, 3)).toBe(8);
    expect(rowsBehind({ combine: 'stacking', members: [] }, 1)).toBe(500);
  });
});
