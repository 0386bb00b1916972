import type { RecurrentLayer } from '../../../network.ts';
import { roundUp, strideOf } from '../arena.ts';
import {
  addressOf,
  type Block,
  type Flow,
  type LayerInput,
  type PlacedLayer,
  type Shard,
  type Surroundings,
  type Thread,
  takeBlock,
  takeOperand,
} from '../layer.ts';

/** A recurrent layer: whole sequences forward and back in one call of a kernel each. */
export function placeRecurrent(layer: RecurrentLayer, input: LayerInput, around: Surroundings): PlacedLayer {
  switch (layer.kind) {
    case 'rnn':
      return placeSimple(layer, input, around);
    case 'lstm':
      return placeLstm(layer, input, around);
    case 'gru':
      return layer.resetAfter ? placeGruResetAfter(layer, input, around) : placeGruResetBefore(layer, input, around);
  }
}

type Call<A extends readonly number[]> = (thread: Thread, shard: Shard, ...rest: A) => void;

/** What all cells have in common: their output, the gradient of their input, and which flow they read when. */
function placed(
  layer: RecurrentLayer,
  input: LayerInput,
  { shard, steps, rows, training }: Surroundings,
  states: Omit<Flow, 'sequence' | 'last'>,
  parts: {
    readonly blocks: readonly (readonly Block[])[];
    pack(thread: Thread): void;
    readonly forward: Call<[x: number, ldx: number]>;
    readonly backward: Call<[x: number, ldx: number, gradient: number, dx: number]>;
  },
): PlacedLayer {
  const output: Flow = { ...states, sequence: layer.sequences, last: !layer.sequences };
  const { trained, inferred, wantsGradient } = input;
  const inputGradient = shard.take(training && wantsGradient ? steps * rows * trained.stride : 0);
  return {
    output,
    inferred: output,
    blocks: parts.blocks,
    pack: parts.pack,
    forward: [(thread, part) => parts.forward(thread, part, addressOf(trained, part, steps), trained.stride)],
    infer: (thread, part) => parts.forward(thread, part, addressOf(inferred, part, steps), inferred.stride),
    backward: [
      (thread, part, gradient) =>
        parts.backward(
          thread,
          part,
          addressOf(trained, part, steps),
          trained.stride,
          gradient,
          wantsGradient ? part.base + inputGradient : 0,
        ),
    ],
    inputGradient,
  };
}

function placeLstm(layer: RecurrentLayer, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, packed, shard } = around;
  const { units } = layer;
  const inputs = input.trained.width;
  const padded = roundUp(units, 4);
  const columns = 4 * padded;
  // The kernels' rows are i f o g, Keras' gates i f c o.
  const places = [0, 1, 3, 2];
  const kernel = takeBlock(weights, inputs, units, padded, places, layer.kernelL2);
  const recurrent = takeBlock(weights, units, units, padded, places, layer.recurrentL2);
  const bias = takeBlock(weights, 1, units, padded, places);
  const ldw = 4 * kernel.stride;
  const byInput = takeOperand(packed, inputs, columns, kernel.offset, ldw, training && input.wantsGradient);
  const byState = takeOperand(packed, units, columns, recurrent.offset, ldw, training);
  const ldz = 4 * (roundUp(columns, 8) + 16);
  const ldh = strideOf(units);
  const all = steps * rows;
  const z = shard.take(all * ldz);
  const h = shard.take(all * ldh);
  const c = shard.take(all * ldh);
  const activeC = shard.take(all * ldh);
  const dh = shard.take(training ? rows * ldh : 0);
  const dc = shard.take(training ? rows * ldh : 0);
  const relu = Number(layer.activation === 'relu');
  return placed(
    layer,
    input,
    around,
    { offset: h, stride: ldh, width: units },
    {
      blocks: [[kernel], [recurrent], [bias]],
      pack(thread) {
        byInput.pack(thread);
        byState.pack(thread);
      },
      // biome-ignore format: one line per group of the kernel's arguments
      forward({ kernels, weights: w, packed: p, zero }, { base, rows: count }, x, ldx) {
      kernels.lstmForward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.packed, p + byState.packed, w + bias.offset,
        base + z, ldz, base + h, base + c, base + activeC, ldh, zero,
      );
    },
      // biome-ignore format: one line per group of the kernel's arguments
      backward({ kernels, packed: p, zero }, { base, rows: count, gradients: g }, x, ldx, gradient, dx) {
      kernels.lstmBackward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.transposed, p + byState.transposed,
        base + z, ldz, base + h, base + c, base + activeC, ldh,
        gradient, ldh, Number(layer.sequences), base + dh, base + dc,
        g + kernel.offset, g + recurrent.offset, g + bias.offset, ldw, dx, ldx, zero,
      );
    },
    },
  );
}

function placeSimple(layer: RecurrentLayer, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, packed, shard } = around;
  const { units } = layer;
  const inputs = input.trained.width;
  const padded = roundUp(units, 8);
  const kernel = takeBlock(weights, inputs, units, padded, [0], layer.kernelL2);
  const recurrent = takeBlock(weights, units, units, padded, [0], layer.recurrentL2);
  const bias = takeBlock(weights, 1, units, padded, [0]);
  const ldw = 4 * kernel.stride;
  const byInput = takeOperand(packed, inputs, padded, kernel.offset, ldw, training && input.wantsGradient);
  const byState = takeOperand(packed, units, padded, recurrent.offset, ldw, training);
  const ldh = strideOf(units);
  const h = shard.take(steps * rows * ldh);
  const dz = shard.take(training ? steps * rows * ldh : 0);
  const dh = shard.take(training ? rows * ldh : 0);
  const relu = Number(layer.activation === 'relu');
  return placed(
    layer,
    input,
    around,
    { offset: h, stride: ldh, width: units },
    {
      blocks: [[kernel], [recurrent], [bias]],
      pack(thread) {
        byInput.pack(thread);
        byState.pack(thread);
      },
      // biome-ignore format: one line per group of the kernel's arguments
      forward({ kernels, weights: w, packed: p, zero }, { base, rows: count }, x, ldx) {
      kernels.simpleForward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.packed, p + byState.packed, w + bias.offset, base + h, ldh, zero,
      );
    },
      // biome-ignore format: one line per group of the kernel's arguments
      backward({ kernels, packed: p, zero }, { base, rows: count, gradients: g }, x, ldx, gradient, dx) {
      kernels.simpleBackward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.transposed, p + byState.transposed, base + h, ldh,
        gradient, ldh, Number(layer.sequences), base + dz, base + dh,
        g + kernel.offset, g + recurrent.offset, g + bias.offset, ldw, dx, ldx, zero,
      );
    },
    },
  );
}

function placeGruResetBefore(layer: RecurrentLayer, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, packed, shard } = around;
  const { units } = layer;
  const inputs = input.trained.width;
  const padded = roundUp(units, 8);
  const columns = 3 * padded;
  const places = [0, 1, 2];
  const kernel = takeBlock(weights, inputs, units, padded, places, layer.kernelL2);
  const recurrent = takeBlock(weights, units, units, padded, places, layer.recurrentL2);
  const bias = takeBlock(weights, 1, units, padded, places);
  const ldw = 4 * kernel.stride;
  // The gates read the state, the candidate the state that the reset gate has let through: two products.
  const candidate = recurrent.offset + 4 * 2 * padded;
  const byInput = takeOperand(packed, inputs, columns, kernel.offset, ldw, training && input.wantsGradient);
  const byState = takeOperand(packed, units, 2 * padded, recurrent.offset, ldw, training);
  const byResetState = takeOperand(packed, units, padded, candidate, ldw, training);
  const ldz = 4 * (columns + 16);
  const ldh = strideOf(units);
  const z = shard.take(steps * rows * ldz);
  const h = shard.take(steps * rows * ldh);
  const resetH = shard.take(steps * rows * ldh);
  const dh = shard.take(training ? rows * ldh : 0);
  const dResetH = shard.take(training ? rows * ldh : 0);
  const relu = Number(layer.activation === 'relu');
  return placed(
    layer,
    input,
    around,
    { offset: h, stride: ldh, width: units },
    {
      blocks: [[kernel], [recurrent], [bias]],
      pack(thread) {
        byInput.pack(thread);
        byState.pack(thread);
        byResetState.pack(thread);
      },
      // biome-ignore format: one line per group of the kernel's arguments
      forward({ kernels, weights: w, packed: p, zero }, { base, rows: count }, x, ldx) {
      kernels.gruForward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.packed, p + byState.packed, p + byResetState.packed, w + bias.offset,
        base + z, ldz, base + h, base + resetH, ldh, zero,
      );
    },
      // biome-ignore format: one line per group of the kernel's arguments
      backward({ kernels, packed: p, zero }, { base, rows: count, gradients: g }, x, ldx, gradient, dx) {
      kernels.gruBackward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.transposed, p + byState.transposed, p + byResetState.transposed,
        base + z, ldz, base + h, base + resetH, ldh,
        gradient, ldh, Number(layer.sequences), base + dh, base + dResetH,
        g + kernel.offset, g + recurrent.offset, g + bias.offset, ldw, dx, ldx, zero,
      );
    },
    },
  );
}

function placeGruResetAfter(layer: RecurrentLayer, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, packed, shard } = around;
  const { units } = layer;
  const inputs = input.trained.width;
  const padded = roundUp(units, 8);
  const columns = 3 * padded;
  // The kernels' rows are g z r s: the input's share of the first three, the state's of the last three; Keras' gates are z r h.
  const inputPlaces = [1, 2, 0];
  const statePlaces = [0, 1, 2];
  const kernel = takeBlock(weights, inputs, units, padded, inputPlaces, layer.kernelL2);
  const recurrent = takeBlock(weights, units, units, padded, statePlaces, layer.recurrentL2);
  const inputBias = takeBlock(weights, 1, units, padded, inputPlaces);
  const stateBias = takeBlock(weights, 1, units, padded, statePlaces);
  const bias = packed.take(4 * columns);
  const ldw = 4 * kernel.stride;
  const byInput = takeOperand(packed, inputs, columns, kernel.offset, ldw, training && input.wantsGradient);
  const byState = takeOperand(packed, units, columns, recurrent.offset, ldw, training);
  const ldz = 4 * (4 * padded + 16);
  const ldh = strideOf(units);
  const z = shard.take(steps * rows * ldz);
  const h = shard.take(steps * rows * ldh);
  const dh = shard.take(training ? rows * ldh : 0);
  const relu = Number(layer.activation === 'relu');
  return placed(
    layer,
    input,
    around,
    { offset: h, stride: ldh, width: units },
    {
      blocks: [[kernel], [recurrent], [inputBias, stateBias]],
      pack(thread) {
        const { kernels, floats, weights: w, packed: p } = thread;
        // Update and reset gate add both biases at once.
        const from = (w + inputBias.offset) / 4;
        floats.copyWithin((p + bias) / 4, from, from + columns);
        kernels.addScaled(2 * padded, 1, w + stateBias.offset, p + bias + 4 * padded);
        byInput.pack(thread);
        byState.pack(thread);
      },
      // biome-ignore format: one line per group of the kernel's arguments
      forward({ kernels, weights: w, packed: p, zero }, { base, rows: count }, x, ldx) {
      kernels.gruResetAfterForward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.packed, p + byState.packed, p + bias, w + stateBias.offset + 4 * 2 * padded,
        base + z, ldz, base + h, ldh, zero,
      );
    },
      // biome-ignore format: one line per group of the kernel's arguments
      backward({ kernels, packed: p, zero }, { base, rows: count, gradients: g }, x, ldx, gradient, dx) {
      kernels.gruResetAfterBackward(
        steps, count, inputs, units, padded, relu,
        x, ldx, p + byInput.transposed, p + byState.transposed,
        base + z, ldz, base + h, ldh,
        gradient, ldh, Number(layer.sequences), base + dh,
        g + kernel.offset, g + recurrent.offset, g + inputBias.offset, g + stateBias.offset, ldw, dx, ldx, zero,
      );
    },
    },
  );
}
