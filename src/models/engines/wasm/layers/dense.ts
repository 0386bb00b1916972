import type { DenseActivation, Layer } from '../../../network.ts';
import { roundUp, strideOf } from '../arena.ts';
import type { Kernel, Kernels } from '../kernels.ts';
import {
  addressOf,
  type Flow,
  type LayerInput,
  type PlacedLayer,
  rowsOf,
  type Shard,
  type Surroundings,
  type Thread,
  takeBlock,
  takeOperand,
} from '../layer.ts';

/** The kernels of an activation, forward and back. */
const ACTIVATIONS: Readonly<Record<DenseActivation, ((kernels: Kernels) => readonly [Kernel, Kernel]) | undefined>> = {
  linear: undefined,
  relu: ({ reluRows, reluBackward }) => [reluRows, reluBackward],
  tanh: ({ tanhRows, tanhBackward }) => [tanhRows, tanhBackward],
  sigmoid: ({ sigmoidRows, sigmoidBackward }) => [sigmoidRows, sigmoidBackward],
};

/** y = a(x K + b), on every step of a sequence alike. */
export function placeDense(layer: Extract<Layer, { kind: 'dense' }>, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, packed, shard } = around;
  const { units } = layer;
  const { trained, inferred, wantsGradient } = input;
  const inputs = trained.width;
  const columns = roundUp(units, 8);
  const kernel = takeBlock(weights, inputs, units, columns, [0], layer.kernelL2);
  const bias = takeBlock(weights, 1, units, columns, [0]);
  const ldw = 4 * kernel.stride;
  const byInput = takeOperand(packed, inputs, units, kernel.offset, ldw, training && wantsGradient);
  const ldy = strideOf(units);
  const most = trained.sequence ? steps * rows : rows;
  const y = shard.take(most * ldy);
  const inputGradient = shard.take(training && wantsGradient ? most * trained.stride : 0);
  const activation = ACTIVATIONS[layer.activation];
  const output: Flow = { offset: y, stride: ldy, width: units, sequence: trained.sequence, last: false };

  function forward({ kernels, weights: w, packed: p }: Thread, part: Shard, flow: Flow): void {
    const count = rowsOf(flow, part, steps);
    kernels.product(
      count,
      units,
      inputs,
      addressOf(flow, part, steps),
      flow.stride,
      p + byInput.packed,
      w + bias.offset,
      0,
      part.base + y,
      ldy,
    );
    activation?.(kernels)[0](count, 4 * columns, part.base + y, ldy);
  }

  return {
    output,
    inferred: output,
    blocks: [[kernel], [bias]],
    pack: byInput.pack,
    forward: [(thread, part) => forward(thread, part, trained)],
    infer: (thread, part) => forward(thread, part, inferred),
    backward: [
      ({ kernels, packed: p, zero }, part, gradient) => {
        const count = rowsOf(trained, part, steps);
        const x = addressOf(trained, part, steps);
        activation?.(kernels)[1](count, 4 * columns, part.base + y, gradient, ldy);
        const [dKernel, dBias] = [part.gradients + kernel.offset, part.gradients + bias.offset];
        kernels.transposedProduct(inputs, columns, count, x, trained.stride, gradient, ldy, zero, 0, dKernel, ldw, 0);
        kernels.columnSums(count, columns, gradient, ldy, dBias);
        if (!wantsGradient) return;
        kernels.product(count, inputs, units, gradient, ldy, p + byInput.transposed, zero, 0, part.base + inputGradient, trained.stride);
      },
    ],
    inputGradient,
  };
}
