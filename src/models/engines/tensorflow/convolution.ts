import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import type { Layer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import { activationOf, affine, numbersOf, transposedProduct } from './gate.ts';
import { joined, type LoadedLayer, parted } from './layer.ts';

/**
 * Causal convolution along time, y[t] = f(sum over k of x[t - kernelSize + 1 + k] K[k] + b), with zeros before step 0 (Keras' Conv1D
 * with padding='causal'). The kernelSize steps that each step sees lie side by side in one row, so that all is one product: the kernel
 * [kernelSize, inputs, units] is, as it lies, [kernelSize x inputs, units].
 */
export function convolutionLayer(
  tf: TensorFlow,
  { units, kernelSize, activation }: Extract<Layer, { kind: 'conv1d' }>,
  weights: readonly Float32Array[],
  inputs: number,
): LoadedLayer {
  const kernel = tf.tensor2d(weights[0]!, [kernelSize * inputs, units]);
  const bias = tf.tensor1d(weights[1]!);
  const f = activationOf(tf, activation);
  return {
    dispose: () => tf.dispose([kernel, bias]),
    begin() {
      const gradients: Float32Array[] = [];
      let seen: Tensor2D;
      let output: Tensor2D;
      let steps = 1;
      return {
        gradients,
        forward(input) {
          steps = input.length;
          const batch = input[0]!.shape[0];
          // Step t of the padded sequence is step t - kernelSize + 1 of the input.
          const padded =
            kernelSize > 1 ? tf.concat2d([tf.zeros<Rank.R2>([(kernelSize - 1) * batch, inputs]), ...input], 0) : joined(tf, input);
          const shifted = Array.from({ length: kernelSize }, (_, k) => tf.slice2d(padded, [k * batch, 0], [steps * batch, inputs]));
          seen = tf.concat2d(shifted, 1);
          output = f.apply(affine(tf, seen, kernel, bias));
          return parted(tf, output, steps);
        },
        backward(gradient, wantInput) {
          const inner = f.back(joined(tf, gradient), output);
          gradients.push(numbersOf(transposedProduct(tf, seen, inner)), numbersOf(tf.sum(inner, 0)));
          if (!wantInput) return [];
          const batch = gradient[0]!.shape[0];
          const toSeen = tf.matMul<Tensor2D>(inner, tf.transpose(kernel));
          // Step t saw input step t - later in its column block kernelSize - 1 - later; the last steps of the input were seen by fewer.
          let total: Tensor2D | undefined;
          for (let later = 0; later < Math.min(kernelSize, steps); later++) {
            const rows = (steps - later) * batch;
            const block = tf.slice2d(toSeen, [later * batch, (kernelSize - 1 - later) * inputs], [rows, inputs]);
            const aligned = later === 0 ? block : tf.concat2d([block, tf.zeros<Rank.R2>([later * batch, inputs])], 0);
            total = total ? tf.add<Tensor2D>(total, aligned) : aligned;
          }
          return parted(tf, total!, steps);
        },
      };
    },
  };
}
