import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Layer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import { activationOf, affine, numbersOf, transposedProduct } from './gate.ts';
import { joined, type LoadedLayer, parted, type Sequence } from './layer.ts';

/** y = a(x K + b), step by step. */
export function denseLayer(
  tf: TensorFlow,
  { units, activation }: Extract<Layer, { kind: 'dense' }>,
  weights: readonly Float32Array[],
  inputs: number,
): LoadedLayer {
  const kernel = tf.tensor2d(weights[0]!, [inputs, units]);
  const bias = tf.tensor1d(weights[1]!);
  const f = activationOf(tf, activation);
  return {
    dispose: () => tf.dispose([kernel, bias]),
    begin() {
      const gradients: Float32Array[] = [];
      let seen: Sequence = [];
      let outputs: Sequence = [];
      return {
        gradients,
        forward(input) {
          seen = input;
          outputs = input.map((one) => f.apply(affine(tf, one, kernel, bias)));
          return outputs;
        },
        backward(gradient, wantInput) {
          const inner = gradient.map((one, t) => f.back(one, outputs[t]!));
          const all = joined(tf, inner);
          gradients.push(numbersOf(transposedProduct(tf, joined(tf, seen), all)), numbersOf(tf.sum(all, 0)));
          if (!wantInput) return [];
          const transposed = tf.transpose(kernel);
          return inner.map((one) => tf.matMul<Tensor2D>(one, transposed));
        },
      };
    },
  };
}

/** In training every value is kept with probability 1 - rate and scaled by 1 / (1 - rate), by a mask drawn afresh; else nothing. */
export function dropoutLayer(tf: TensorFlow, { rate }: Extract<Layer, { kind: 'dropout' }>): LoadedLayer {
  return {
    dispose: () => {},
    begin({ training, random }) {
      const masks: Tensor2D[] = [];
      return {
        gradients: [],
        forward(input) {
          if (!training || !random || rate === 0) return input;
          return input.map((one) => {
            const kept = new Float32Array(one.size);
            for (let k = 0; k < kept.length; k++) kept[k] = random.uniform() < rate ? 0 : 1 / (1 - rate);
            const mask = tf.tensor2d(kept, one.shape);
            masks.push(mask);
            return tf.mul<Tensor2D>(one, mask);
          });
        },
        backward: (gradient) => gradient.map((one, t) => (masks[t] ? tf.mul<Tensor2D>(one, masks[t]) : one)),
      };
    },
  };
}

/**
 * Batch normalisation over all rows of all steps (Ioffe and Szegedy 2015; Keras' conventions): the batch's mean and population
 * variance in training, the moving ones else.
 */
export function batchNormLayer(
  tf: TensorFlow,
  { epsilon }: Extract<Layer, { kind: 'batchNorm' }>,
  weights: readonly Float32Array[],
): LoadedLayer {
  const [gamma, beta, movingMean, movingVariance] = weights.map((values) => tf.tensor2d(values, [1, values.length])) as [
    Tensor2D,
    Tensor2D,
    Tensor2D,
    Tensor2D,
  ];
  return {
    dispose: () => tf.dispose([gamma, beta, movingMean, movingVariance]),
    begin({ training }) {
      const gradients: Float32Array[] = [];
      let statistics: { mean: Float32Array; variance: Float32Array } | undefined;
      let normal: Tensor2D | undefined;
      let inverse: Tensor | undefined;
      let steps = 1;
      return {
        gradients,
        get statistics() {
          return statistics!;
        },
        forward(input) {
          steps = input.length;
          const all = joined(tf, input);
          let mean: Tensor = movingMean;
          let variance: Tensor = movingVariance;
          if (training) {
            mean = tf.mean(all, 0, true);
            variance = tf.mean(tf.square(tf.sub(all, mean)), 0, true);
            statistics = { mean: numbersOf(mean), variance: numbersOf(variance) };
          }
          inverse = tf.rsqrt(tf.add(variance, epsilon));
          normal = tf.mul<Tensor2D>(tf.sub(all, mean), inverse);
          return parted(tf, tf.add<Tensor2D>(tf.mul(normal, gamma), beta), steps);
        },
        backward(gradient) {
          const all = joined(tf, gradient);
          gradients.push(numbersOf(tf.sum(tf.mul(all, normal!), 0)), numbersOf(tf.sum(all, 0)));
          const scaled = tf.mul<Tensor2D>(all, gamma);
          if (!training) return parted(tf, tf.mul<Tensor2D>(scaled, inverse!), steps);
          // The mean and the variance depend on every row: take out what moves them.
          const level = tf.mean(scaled, 0, true);
          const spread = tf.mul(normal!, tf.mean(tf.mul(scaled, normal!), 0, true));
          return parted(tf, tf.mul<Tensor2D>(tf.sub(tf.sub(scaled, level), spread), inverse!), steps);
        },
      };
    },
  };
}
