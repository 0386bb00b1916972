import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Random } from '../../../core/random.ts';
import type { TensorFlow } from './backend.ts';

/**
 * A sequence of matrices, one per step: [batch, width] each; a single one where a layer gives its last state only. Steps are kept
 * apart because the WebAssembly back end copies a whole tensor for every part that is cut out of it.
 */
export type Sequence = readonly Tensor2D[];

/** Options of one pass over one batch. */
export interface PassOptions {
  readonly training: boolean;
  /** Draws the dropout masks of a training pass. */
  readonly random?: Random;
}

/** A layer with its weights on the back end. */
export interface LoadedLayer {
  begin(options: PassOptions): LayerPass;
  dispose(): void;
}

/**
 * A layer during one pass. `backward` must follow a `forward` of the same pass; it puts the gradients of its trainable weights into
 * `gradients`, in the order of its parameters, and gives the gradient of its input where that is wanted.
 */
export interface LayerPass {
  forward(input: Sequence): Sequence;
  backward(gradient: Sequence, wantInput: boolean): Sequence;
  readonly gradients: Float32Array[];
  /** What a batch-normalisation layer saw in training: the batch's mean and population variance. */
  readonly statistics?: { readonly mean: Float32Array; readonly variance: Float32Array };
}

/** All steps below each other: [steps x batch, width]. */
export function joined(tf: TensorFlow, steps: Sequence): Tensor2D {
  return steps.length === 1 ? steps[0]! : tf.concat2d([...steps], 0);
}

/** The steps that were joined. */
export function parted(tf: TensorFlow, all: Tensor2D, steps: number): Sequence {
  return steps === 1 ? [all] : (tf.split(all, steps) as Tensor2D[]);
}
