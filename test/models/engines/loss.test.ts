import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { type LossBatch, lossAndGradient } from '../../../src/models/engines/loss.ts';
import type { Loss } from '../../../src/models/network.ts';
import { againstKeras, difference, flat, floats, type Json, kerasLayers } from '../../contracts/keras-values.ts';
import { finiteDifferences, referenceLoss } from '../../contracts/reference-network.ts';

function lossOf(one: Json): Loss {
  const kind = String(one.id).replace(/-[0-9.]+$/, '');
  switch (kind) {
    case 'mse':
    case 'mae':
      return { kind };
    case 'huber':
      return { kind, delta: one.delta };
    case 'binary-crossentropy-from-logits':
      return { kind: 'binary-cross-entropy' };
    case 'pinball':
      return { kind: 'quantile', quantiles: [one.q] };
    default:
      throw new TypeError(`Expected a loss of the reference values, received ${one.id}`);
  }
}

function run(loss: Loss, batch: Omit<LossBatch, 'count'> & { readonly count?: number }) {
  const gradient = new Float32Array(batch.predicted.length);
  const value = lossAndGradient(loss, { count: batch.predicted.length, ...batch }, gradient);
  return { value, gradient };
}

againstKeras('losses', () => {
  it.each(kerasLayers.losses)('$id: value and gradient', (one) => {
    const { value, gradient } = run(lossOf(one), { predicted: floats(one.y_pred), target: floats(one.y_true), outputs: 1 });
    expect(difference([value], [one.value])).toBeLessThan(1e-6);
    expect(difference(gradient, flat(one.grad_y_pred))).toBeLessThan(1e-6);
    // The float64 loss that engines are held against is right too.
    expect(difference([referenceLoss(lossOf(one), flat(one.y_pred), flat(one.y_true), 1)], [one.value])).toBeLessThan(1e-6);
  });
});

const THREE: readonly (readonly [string, Loss])[] = [
  ['mse', { kind: 'mse' }],
  ['mae', { kind: 'mae' }],
  ['huber', { kind: 'huber', delta: 0.7 }],
  ['binary cross-entropy', { kind: 'binary-cross-entropy' }],
  ['quantile', { kind: 'quantile', quantiles: [0.1, 0.5, 0.9] }],
];

describe.each(THREE)('the loss %s of three outputs', (_, loss) => {
  const random = createRandom(6);
  const predicted = Float32Array.from({ length: 12 }, () => random.normal());
  const target = Float32Array.from({ length: 12 }, () => (loss.kind === 'binary-cross-entropy' ? random.below(2) : random.normal()));
  const weights = Float32Array.of(1, 0, 0.5, 2);

  it('is the mean over samples and outputs, its gradient that of finite differences', () => {
    const { value, gradient } = run(loss, { predicted, target, outputs: 3 });
    expect(value).toBeCloseTo(referenceLoss(loss, predicted, target, 3), 10);
    const slopes = finiteDifferences((values) => referenceLoss(loss, values, target, 3), Float64Array.from(predicted));
    expect(difference(gradient, slopes)).toBeLessThan(1e-6);
  });

  it("multiplies each sample's loss by its weight and still divides by the number of all (Keras' sample_weight)", () => {
    const plain = run(loss, { predicted, target, outputs: 3 });
    const weighted = run(loss, { predicted, target, outputs: 3, weights });
    let sum = 0;
    weights.forEach((weight, sample) => {
      const part = (values: Float32Array) => values.subarray(sample * 3, (sample + 1) * 3);
      sum += (weight * run(loss, { predicted: part(predicted), target: part(target), outputs: 3 }).value) / 4;
      expect(
        difference(
          part(weighted.gradient),
          part(plain.gradient).map((value) => weight * value),
        ),
      ).toBeLessThan(1e-6);
    });
    expect(weighted.value).toBeCloseTo(sum, 10);
    expect(run(loss, { predicted, target, outputs: 3, weights: new Float32Array(4).fill(1) })).toEqual(plain);
  });

  it('of a part of a batch is its share: the parts add up to the whole, loss and gradient', () => {
    const whole = run(loss, { predicted, target, outputs: 3, weights });
    const cut = (from: number, to: number) =>
      run(loss, {
        predicted: predicted.subarray(from * 3, to * 3),
        target: target.subarray(from * 3, to * 3),
        outputs: 3,
        count: 12,
        weights: weights.subarray(from, to),
      });
    const [one, other] = [cut(0, 1), cut(1, 4)];
    expect(one.value + other.value).toBeCloseTo(whole.value, 10);
    expect([...one.gradient, ...other.gradient]).toEqual([...whole.gradient]);
  });

  it('of a NaN is a NaN, in value and gradient', () => {
    const { value, gradient } = run(loss, { predicted: predicted.with(4, Number.NaN), target, outputs: 3 });
    expect(value).toBeNaN();
    expect(Array.from(gradient, Number.isNaN)).toEqual(Array.from(gradient, (_, k) => k === 4));
  });
});

describe('the losses with a kink', () => {
  it.each([THREE[1]!, THREE[4]!])('%s has the gradient 0 at equality', (_, loss) => {
    const equal = Float32Array.of(1, -2, 3);
    const { value, gradient } = run(loss, { predicted: equal, target: equal, outputs: 3 });
    expect(value).toBe(0);
    expect(Array.from(gradient, Math.abs)).toEqual([0, 0, 0]);
  });
});
