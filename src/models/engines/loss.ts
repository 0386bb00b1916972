import type { Loss } from '../network.ts';

/**
 * Mean loss over all outputs of a batch, and its gradient written to `gradient`. Both arrays hold one number per output.
 *
 * mse: mean (p - y)^2. mae: mean |p - y|, gradient 0 at equality. huber: mean of d^2 / 2 up to delta, delta (|d| - delta / 2)
 * beyond. binary-cross-entropy: p is a logit; mean of max(p, 0) - p y + log(1 + exp(-|p|)). As Keras defines them.
 */
export function lossAndGradient(loss: Loss, predicted: Float32Array, target: Float32Array, gradient: Float32Array): number {
  const count = predicted.length;
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const p = predicted[k]!;
    const y = target[k]!;
    const difference = p - y;
    const size = Math.abs(difference);
    switch (loss.kind) {
      case 'mse':
        sum += difference * difference;
        gradient[k] = (2 * difference) / count;
        break;
      case 'mae':
        sum += size;
        gradient[k] = Math.sign(difference) / count;
        break;
      case 'huber':
        sum += size <= loss.delta ? 0.5 * difference * difference : loss.delta * (size - 0.5 * loss.delta);
        gradient[k] = (size <= loss.delta ? difference : loss.delta * Math.sign(difference)) / count;
        break;
      case 'binary-cross-entropy':
        sum += Math.max(p, 0) - p * y + Math.log(1 + Math.exp(-Math.abs(p)));
        gradient[k] = (1 / (1 + Math.exp(-p)) - y) / count;
        break;
    }
  }
  return sum / count;
}
