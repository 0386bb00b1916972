import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Layer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import type { LayerPass, LoadedLayer, Sequence } from './layer.ts';
import { recurrentLayer } from './recurrent.ts';

/**
 * One cell along time and one against it, side by side (Schuster and Paliwal 1997; Keras' Bidirectional with concat). Of sequences,
 * both states of the same step; of last states, the backward cell's is that of step 0, where it ends. Weights: those of the cell
 * along time, then those of the other.
 */
export function bidirectionalLayer(
  tf: TensorFlow,
  { layer }: Extract<Layer, { kind: 'bidirectional' }>,
  weights: readonly Float32Array[],
  inputs: number,
): LoadedLayer {
  const each = weights.length / 2;
  const along = recurrentLayer(tf, layer, weights.slice(0, each), inputs);
  const against = recurrentLayer(tf, layer, weights.slice(each), inputs);
  return {
    dispose() {
      along.dispose();
      against.dispose();
    },
    begin(options): LayerPass {
      const gradients: Float32Array[] = [];
      const ahead = along.begin(options);
      const back = against.begin(options);
      return {
        gradients,
        forward(input) {
          const states = reversed(back.forward(reversed(input)));
          return ahead.forward(input).map((state, t) => tf.concat2d([state, states[t]!], 1));
        },
        backward(gradient, wantInput) {
          const halves = gradient.map((one) => tf.split(one, 2, 1) as [Tensor2D, Tensor2D]);
          const toAhead = halves.map(([half]) => half);
          const toBack = reversed(halves.map(([, half]) => half));
          const first = ahead.backward(toAhead, wantInput);
          const second = reversed(back.backward(toBack, wantInput));
          gradients.push(...ahead.gradients, ...back.gradients);
          return first.map((one, t) => tf.add<Tensor2D>(one, second[t]!));
        },
      };
    },
  };
}

function reversed(sequence: Sequence): Tensor2D[] {
  return [...sequence].reverse();
}
