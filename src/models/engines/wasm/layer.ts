import { type Arena, packedFloats } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** What one thread of a training works with. All places are addresses in bytes. */
export interface Thread {
  readonly kernels: Kernels;
  /** All of the memory, as floats. */
  readonly floats: Float32Array;
  /** A row of zeros. */
  readonly zero: number;
  /** The learnt weights, one stretch; of all shards the same. */
  readonly weights: number;
  /** Moving statistics. */
  readonly moving: number;
  /** The weights in the layout of products, this thread's own copy. */
  readonly packed: number;
}

/**
 * The part of every batch that is worked on as one: its activations and its gradients lie in memory of their own. How many shards a
 * batch is cut into is part of the result, how many threads work on them is not.
 */
export interface Shard {
  readonly index: number;
  /** Address of the activations. */
  readonly base: number;
  /** Address of the gradients, laid out as the weights. */
  readonly gradients: number;
  /** Windows of the batch in this shard; may be 0 in a last, small batch. */
  rows: number;
  /** Windows of the batch in the shards before. */
  firstRow: number;
  /** Windows of the whole batch. */
  batchRows: number;
  /** The batch's number, from which masks and noise are drawn. */
  batch: number;
}

/** Where the values that pass between two layers lie, in a shard: [step][row] rows for a sequence, else [row] rows. */
export interface Flow {
  /** Bytes from the start of the shard's activations. */
  readonly offset: number;
  /** Bytes from row to row. */
  readonly stride: number;
  /** Columns in use; those up to the stride hold nothing that counts. */
  readonly width: number;
  readonly sequence: boolean;
  /** The values are the last step of a sequence that lies at `offset`. */
  readonly last: boolean;
}

/** A stretch of the weights that holds one array of Keras' or a row of it: rows of gates, each gate padded to whole vectors. */
export interface Block {
  /** Bytes from the start of the weights. */
  readonly offset: number;
  readonly rows: number;
  /** Floats from row to row. */
  readonly stride: number;
  readonly units: number;
  readonly paddedUnits: number;
  /** For each of Keras' gates in order, its place in a row. */
  readonly places: readonly number[];
  readonly l2: number;
}

/** Where a layer takes its memory from. */
export interface Arenas {
  readonly weights: Arena;
  readonly moving: Arena;
  readonly packed: Arena;
  readonly shard: Arena;
}

/** What a layer is given. */
export interface LayerInput {
  /** Its values in training ... */
  readonly trained: Flow;
  /** ... and where the network is only asked. */
  readonly inferred: Flow;
  /** Whether someone asks for its gradient. */
  readonly wantsGradient: boolean;
}

export interface Surroundings extends Arenas {
  readonly steps: number;
  /** The most windows in a shard. */
  readonly rows: number;
  /** Whether the network will be trained, not only asked. */
  readonly training: boolean;
  /** Of the layer's masks. */
  readonly seed: number;
}

/** One step of work on one shard; a phase after the first may read what all shards found. */
export type Phase = (thread: Thread, shard: Shard, all: readonly Shard[]) => void;
/** ... with the address of the gradient of the layer's output, which it may overwrite. */
export type BackwardPhase = (thread: Thread, shard: Shard, gradient: number, all: readonly Shard[]) => void;

/** A layer with its place in memory. Between two phases of a list all shards must have done the first. */
export interface PlacedLayer {
  readonly output: Flow;
  /** What passes on where the network is asked and not trained; differs from `output` where the layer then does nothing. */
  readonly inferred: Flow;
  /** One list of blocks per array of Keras', trainable ones only, in order. */
  readonly blocks: readonly (readonly Block[])[];
  /** Offsets among the moving statistics, of `width` floats each. */
  readonly moving?: { readonly mean: number; readonly variance: number; readonly width: number };
  /** Puts the weights into the layout of the products. */
  pack(thread: Thread): void;
  readonly forward: readonly Phase[];
  readonly infer: Phase;
  readonly backward: readonly BackwardPhase[];
  /** Offset in the shard of the gradient of the input; undefined where it takes the place of that of the output. */
  readonly inputGradient: number | undefined;
}

export function addressOf(flow: Flow, shard: Shard, steps: number): number {
  return shard.base + flow.offset + (flow.last ? (steps - 1) * shard.rows * flow.stride : 0);
}

export function rowsOf(flow: Flow, shard: Shard, steps: number): number {
  return flow.sequence ? steps * shard.rows : shard.rows;
}

/** Takes room among the weights for rows of gates. */
export function takeBlock(weights: Arena, rows: number, units: number, paddedUnits: number, places: readonly number[], l2 = 0): Block {
  const stride = Math.ceil((places.length * paddedUnits) / 8) * 8;
  return { offset: weights.take(rows * stride * 4), rows, stride, units, paddedUnits, places, l2 };
}

/** A [rows x columns] part of the weights as an operand of products: as it lies on the way forward, transposed on the way back. */
export interface Operand {
  /** Offsets in the packed memory. */
  readonly packed: number;
  readonly transposed: number;
  pack(thread: Thread): void;
}

/** `offset` and `ld` are bytes, among the weights and from row to row; there is a way back only where `back` says so. */
export function takeOperand(packed: Arena, rows: number, columns: number, offset: number, ld: number, back: boolean): Operand {
  const forward = packed.take(4 * packedFloats(rows, columns));
  const transposed = packed.take(back ? 4 * packedFloats(columns, rows) : 0);
  return {
    packed: forward,
    transposed,
    pack({ kernels, weights: w, packed: p }) {
      kernels.packColumns(rows, columns, w + offset, ld, p + forward);
      if (back) kernels.packTransposed(columns, rows, w + offset, ld, p + transposed);
    },
  };
}
