import type { Loss } from '../network.ts';

/** Predictions and targets of some samples of a batch: `outputs` numbers each, side by side. */
export interface LossBatch {
  readonly predicted: Float32Array;
  readonly target: Float32Array;
  readonly outputs: number;
  /** Numbers of the whole batch: what the mean divides by. */
  readonly count: number;
  /** One weight per sample; all 1 where left out. */
  readonly weights?: Float32Array;
}

/**
 * The samples' share of the batch's mean loss, and its gradient written to `gradient`, one number per prediction.
 *
 * mse: mean (p - y)^2. mae: mean |p - y|, gradient 0 at equality. huber: mean of d^2 / 2 up to delta, delta (|d| - delta / 2)
 * beyond. binary-cross-entropy: p is a logit; mean of max(p, 0) - p y + log(1 + exp(-|p|)). As Keras defines them. quantile: with
 * e = y - p, mean of max(q e, (q - 1) e) (Koenker and Bassett 1978), gradient 0 at equality.
 */
export function lossAndGradient(loss: Loss, { predicted, target, outputs, count, weights }: LossBatch, gradient: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < predicted.length; k++) {
    const p = predicted[k]!;
    const y = target[k]!;
    const weight = weights ? weights[Math.floor(k / outputs)]! : 1;
    const difference = p - y;
    const size = Math.abs(difference);
    let value: number;
    let slope: number;
    switch (loss.kind) {
      case 'mse':
        value = difference * difference;
        slope = 2 * difference;
        break;
      case 'mae':
        value = size;
        slope = Math.sign(difference);
        break;
      case 'huber':
        value = size <= loss.delta ? 0.5 * difference * difference : loss.delta * (size - 0.5 * loss.delta);
        slope = size <= loss.delta ? difference : loss.delta * Math.sign(difference);
        break;
      case 'binary-cross-entropy':
        value = Math.max(p, 0) - p * y + Math.log(1 + Math.exp(-Math.abs(p)));
        slope = 1 / (1 + Math.exp(-p)) - y;
        break;
      case 'quantile': {
        const quantile = loss.quantiles[k % outputs]!;
        value = difference > 0 ? (1 - quantile) * difference : -quantile * difference;
        slope = difference > 0 ? 1 - quantile : difference < 0 ? -quantile : difference;
        break;
      }
    }
    sum += weight * value;
    gradient[k] = (weight * slope) / count;
  }
  return sum / count;
}
