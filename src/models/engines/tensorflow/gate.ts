import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { DenseActivation } from '../../network.ts';
import type { TensorFlow } from './backend.ts';

// The WebAssembly back end has a fast product for matrices as they lie and a slow one for transposed arguments; it adds a bias
// inside the product but broadcasts it number by number outside. Hence products in these forms only.

/** f(x K + b) in one call. */
export function affine(
  tf: TensorFlow,
  x: Tensor2D,
  kernel: Tensor2D,
  bias: Tensor1D,
  activation: 'linear' | 'sigmoid' = 'linear',
): Tensor2D {
  return tf.fused.matMul({ a: x, b: kernel, bias, activation }) as Tensor2D;
}

/** a' b. */
export function transposedProduct(tf: TensorFlow, a: Tensor2D, b: Tensor2D): Tensor2D {
  return tf.matMul(tf.transpose(a), b);
}

/** sigmoid' from its output: g s (1 - s). */
export function sigmoidBack(tf: TensorFlow, gradient: Tensor2D, output: Tensor2D): Tensor2D {
  const scaled = tf.mul<Tensor2D>(gradient, output);
  return tf.sub<Tensor2D>(scaled, tf.mul(scaled, output));
}

/** An activation, and the gradient of its input from the gradient and value of its output. */
export interface Activation {
  apply(x: Tensor2D): Tensor2D;
  back(gradient: Tensor2D, output: Tensor2D): Tensor2D;
}

export function activationOf(tf: TensorFlow, name: DenseActivation): Activation {
  switch (name) {
    case 'linear':
      return { apply: (x) => x, back: (gradient) => gradient };
    case 'relu':
      return { apply: (x) => tf.relu(x), back: (gradient, output) => tf.mul(gradient, tf.step(output)) };
    case 'tanh':
      return { apply: (x) => tf.tanh(x), back: (gradient, output) => tf.sub(gradient, tf.mul(gradient, tf.square(output))) };
    case 'sigmoid':
      return { apply: (x) => tf.sigmoid(x), back: (gradient, output) => sigmoidBack(tf, gradient, output) };
  }
}

/** The numbers of a tensor, in memory of their own. */
export function numbersOf(tensor: Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync<'float32'>());
}

/** Columns `from .. to-1` of a row-major matrix with `width` columns, on the back end. */
export function columns(tf: TensorFlow, values: Float32Array, width: number, from: number, to: number): Tensor2D {
  const rows = values.length / width;
  const cut = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++) cut.set(values.subarray(row * width + from, row * width + to), row * (to - from));
  return tf.tensor2d(cut, [rows, to - from]);
}

/** Rows of `a` above rows of `b`: the kernel of inputs and state side by side. */
export function stacked(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
