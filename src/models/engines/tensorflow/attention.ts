import type { Rank, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Layer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import { activationOf, affine, numbersOf, transposedProduct } from './gate.ts';
import { joined, type LoadedLayer, parted } from './layer.ts';

/**
 * The mean of a sequence's steps h, weighted by a = softmax(s) over time of the scores s = tanh(h W + b) u (Yang et al. 2016, equations
 * 5 to 7). Weights: kernel W [width, units], bias b [units], context u [units, 1].
 */
export function attentionLayer(
  tf: TensorFlow,
  { units }: Extract<Layer, { kind: 'attention' }>,
  weights: readonly Float32Array[],
  inputs: number,
): LoadedLayer {
  const kernel = tf.tensor2d(weights[0]!, [inputs, units]);
  const bias = tf.tensor1d(weights[1]!);
  const context = tf.tensor2d(weights[2]!, [units, 1]);
  const f = activationOf(tf, 'tanh');
  return {
    dispose: () => tf.dispose([kernel, bias, context]),
    begin() {
      const gradients: Float32Array[] = [];
      // Step below step; shares lie [steps, batch] where steps are compared and [steps x batch, 1] where they weight.
      let all: Tensor2D;
      let hidden: Tensor2D;
      let shares: Tensor2D;
      let steps = 1;
      const overTime = (values: Tensor) => tf.reshape<Rank.R2>(values, [steps, -1]);
      const below = (values: Tensor) => tf.reshape<Rank.R2>(values, [values.size, 1]);
      return {
        gradients,
        forward(input) {
          steps = input.length;
          all = joined(tf, input);
          hidden = f.apply(affine(tf, all, kernel, bias));
          const scores = overTime(tf.matMul(hidden, context));
          // The largest score becomes 0: no exponential overflows, and their sum is at least 1.
          const powers = tf.exp(tf.sub(scores, tf.max(scores, 0, true)));
          shares = tf.div<Tensor2D>(powers, tf.sum(powers, 0, true));
          const weighted = tf.mul<Tensor2D>(all, below(shares));
          return [tf.reshape<Rank.R2>(tf.sum(overTime(weighted), 0), input[0]!.shape)];
        },
        backward([gradient], wantInput) {
          const repeated = tf.tile(gradient!, [steps, 1]);
          const toShares = overTime(tf.sum(tf.mul(repeated, all), 1));
          // softmax': a (g - sum of a g).
          const level = tf.sum(tf.mul(shares, toShares), 0, true);
          const toScores = below(tf.mul(shares, tf.sub(toShares, level)));
          const inner = f.back(tf.matMul(toScores, tf.transpose(context)), hidden);
          gradients.push(
            numbersOf(transposedProduct(tf, all, inner)),
            numbersOf(tf.sum(inner, 0)),
            numbersOf(transposedProduct(tf, hidden, toScores)),
          );
          if (!wantInput) return [];
          const direct = tf.mul<Tensor2D>(repeated, below(shares));
          return parted(tf, tf.add<Tensor2D>(direct, tf.matMul(inner, tf.transpose(kernel))), steps);
        },
      };
    },
  };
}
