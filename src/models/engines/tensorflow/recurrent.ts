import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import type { RecurrentLayer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import { createCell } from './cell.ts';
import { numbersOf, transposedProduct } from './gate.ts';
import type { LayerPass, LoadedLayer, Sequence } from './layer.ts';

/**
 * A recurrent layer over whole sequences: the cell step by step, and backpropagation through time by hand, with the gradients of
 * all weights as one product each at the end. Weights are Keras': kernel, recurrent kernel, bias.
 */
export function recurrentLayer(tf: TensorFlow, layer: RecurrentLayer, weights: readonly Float32Array[], inputs: number): LoadedLayer {
  const { units, sequences } = layer;
  const cell = createCell(tf, layer, weights, inputs);
  return {
    dispose: cell.dispose,
    begin(): LayerPass {
      const gradients: Float32Array[] = [];
      const states: Tensor2D[] = [];
      const pass = cell.begin();
      const recurrentGradient =
        pass.recurrentGradient ?? ((before: Tensor2D, products: Tensor2D) => transposedProduct(tf, before, products));
      let seen: Sequence = [];
      return {
        gradients,
        forward(input) {
          seen = input;
          states.push(tf.zeros<Rank.R2>([input[0]!.shape[0], units]));
          for (let t = 0; t < input.length; t++) states.push(pass.step(input[t]!, states[t]!));
          return sequences ? states.slice(1) : [states[input.length]!];
        },
        backward(gradient, wantInput) {
          const steps = seen.length;
          const shares: Tensor2D[] = new Array(steps);
          const products: Tensor2D[] = new Array(steps);
          let carried: Tensor2D | undefined;
          for (let t = steps - 1; t >= 0; t--) {
            const above = sequences ? gradient[t]! : t === steps - 1 ? gradient[0]! : undefined;
            const total: Tensor2D = above && carried ? tf.add<Tensor2D>(above, carried) : (above ?? carried)!;
            const back = pass.stepBack(t, total);
            shares[t] = back.share;
            products[t] = back.product;
            carried = back.state;
          }
          const share = tf.concat2d(shares, 0);
          const product = shares[0] === products[0] ? share : tf.concat2d(products, 0);
          const bias = numbersOf(tf.sum(share, 0));
          gradients.push(
            numbersOf(transposedProduct(tf, tf.concat2d([...seen], 0), share)),
            numbersOf(recurrentGradient(tf.concat2d(states.slice(0, steps), 0), product)),
            cell.twoBiases ? Float32Array.from([...bias, ...numbersOf(tf.sum(product, 0))]) : bias,
          );
          return wantInput ? shares.map((one) => tf.matMul<Tensor2D>(one, cell.inputTransposed())) : [];
        },
      };
    },
  };
}
