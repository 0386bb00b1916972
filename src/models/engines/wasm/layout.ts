import { deriveSeed } from '../../../core/random.ts';
import type { Layer, Network } from '../../network.ts';
import { createArena, strideOf } from './arena.ts';
import type { Arenas, Flow, LayerInput, PlacedLayer, Surroundings } from './layer.ts';
import { placeBatchNorm } from './layers/batch-norm.ts';
import { placeDense } from './layers/dense.ts';
import { placeDropout } from './layers/dropout.ts';
import { placeRecurrent } from './layers/recurrent.ts';

/** A network with a place in memory for all it needs. A pure function of its arguments: every thread works out the same. */
export interface Layout {
  readonly steps: number;
  readonly input: Flow;
  readonly layers: readonly PlacedLayer[];
  /** The last layer's output in training, and where the network is only asked. */
  readonly output: Flow;
  readonly inferred: Flow;
  /** For every layer, the offset in a shard of the gradient of its output. */
  readonly gradients: readonly number[];
  /** Offset in a shard of the gradient of the network's input; 0 unless wanted. */
  readonly inputGradient: number;
  /** The first layer that a gradient must reach. */
  readonly lowest: number;
  /** Bytes. */
  readonly weights: number;
  readonly moving: number;
  readonly packed: number;
  readonly shard: number;
  /** The longest row that a kernel reads zeros for. */
  readonly longest: number;
}

export interface LayoutOptions {
  /** The most windows in a shard. */
  readonly rows: number;
  readonly training: boolean;
  /** Seed of the masks; without meaning where nothing is trained. */
  readonly seed?: number;
  readonly wantsInputGradient?: boolean;
}

/** Throws a TypeError for a layer that this engine does not have. */
export function layoutOf(network: Network, options: LayoutOptions): Layout {
  const { rows, training, seed = 0, wantsInputGradient = false } = options;
  const steps = network.lookback;
  const arenas: Arenas = { weights: createArena(), moving: createArena(), packed: createArena(), shard: createArena() };
  const stride = strideOf(network.inputs);
  const input: Flow = { offset: arenas.shard.take(steps * rows * stride), stride, width: network.inputs, sequence: true, last: false };
  let flow = { trained: input, inferred: input };
  let learns = wantsInputGradient;
  const layers = network.layers.map((layer, k) => {
    const around = { ...arenas, steps, rows, training, seed: deriveSeed(seed, 'mask', k) };
    const placed = placeLayer(layer, { ...flow, wantsGradient: learns }, around);
    flow = { trained: placed.output, inferred: placed.inferred };
    learns ||= placed.blocks.length > 0;
    return placed;
  });
  const { trained: output, inferred } = flow;
  let gradient = arenas.shard.take(training ? (output.sequence ? steps : 1) * rows * output.stride : 0);
  const gradients: number[] = new Array(layers.length);
  for (let k = layers.length - 1; k >= 0; k--) {
    gradients[k] = gradient;
    gradient = layers[k]!.inputGradient ?? gradient;
  }
  return {
    steps,
    input,
    layers,
    output,
    inferred,
    gradients,
    inputGradient: wantsInputGradient ? gradient : 0,
    lowest: wantsInputGradient ? 0 : layers.findIndex(({ blocks }) => blocks.length > 0),
    weights: arenas.weights.size,
    moving: arenas.moving.size,
    packed: arenas.packed.size,
    shard: arenas.shard.size,
    longest: Math.max(stride, ...layers.flatMap((layer) => [layer.output.stride, ...layer.blocks.flat().map((block) => 4 * block.stride)])),
  };
}

function placeLayer(layer: Layer, input: LayerInput, around: Surroundings): PlacedLayer {
  switch (layer.kind) {
    case 'rnn':
    case 'lstm':
    case 'gru':
      return placeRecurrent(layer, input, around);
    case 'dense':
      return placeDense(layer, input, around);
    case 'dropout':
      return placeDropout(layer.rate, input, around);
    case 'batchNorm':
      return placeBatchNorm(layer, input, around);
    default:
      throw new TypeError(`Expected a layer that the engine wasm has, received ${layer.kind}; use the engine tensorflow, which has it`);
  }
}
