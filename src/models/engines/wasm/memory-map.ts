import type { Network, Training } from '../../network.ts';
import type { Samples } from '../../trainer.ts';
import { createArena } from './arena.ts';
import { FIRST_ADDRESS } from './kernels.ts';
import type { Block } from './layer.ts';
import { type Layout, layoutOf } from './layout.ts';

/** Every batch is cut into so many shards of rows: part of the result, unlike the number of threads that work on them. */
export const SHARDS = 2;
/** Numbers of the normal distribution that noise is drawn from. */
export const NOISE_LEVELS = 4096;
const PAGE = 65_536;

/** What of a training its threads must agree on. Plain data. */
export interface Course {
  readonly network: Network;
  readonly training: Training;
  readonly trainCount: number;
  readonly samples: number;
  readonly rows: number;
  /** Windows in a whole batch. */
  readonly batchSize: number;
  readonly weighted: boolean;
}

export function courseOf(network: Network, training: Training, samples: Samples): Course {
  return {
    network,
    training,
    trainCount: samples.trainCount,
    samples: samples.ends.length,
    rows: samples.rows.length / samples.inputs,
    batchSize: Math.min(training.batchSize, samples.ends.length),
    weighted: samples.weights !== undefined,
  };
}

/** Addresses in the memory of one training. */
export interface MemoryMap {
  readonly layout: Layout;
  /** The blocks that bear a penalty. */
  readonly penalised: readonly Block[];
  readonly control: number;
  /** What the threads must find zeroed: from here to `data`. */
  readonly zero: number;
  readonly weights: number;
  readonly moving: number;
  /** First and second moments of the optimiser. */
  readonly moments: readonly [number, number];
  /** One of each per shard. */
  readonly gradients: readonly number[];
  readonly shards: readonly number[];
  /** One per thread; there are never more threads than shards. */
  readonly packed: readonly number[];
  /** Sample numbers, and rows at which their windows end, of the batch at hand. */
  readonly chosen: number;
  readonly ends: number;
  /** What the trainer writes before a training starts. */
  readonly data: number;
  readonly sampleRows: number;
  readonly sampleEnds: number;
  readonly targets: number;
  readonly sampleWeights: number;
  readonly noise: number;
  readonly pages: number;
}

/** Bytes of the control block: numbers by which the threads of a training find each other. */
export const CONTROL_BYTES = 256;

export function memoryMap(course: Course, wantsInputGradient = false): MemoryMap {
  const { network, training, samples, rows, batchSize, weighted } = course;
  const shardRows = Math.ceil(batchSize / SHARDS);
  const layout = layoutOf(network, { rows: shardRows, training: true, seed: training.seed, wantsInputGradient });
  const arena = createArena();
  const take = (bytes: number) => FIRST_ADDRESS + arena.take(bytes);
  const each = (count: number, bytes: number) => Array.from({ length: count }, () => take(bytes));
  return {
    layout,
    penalised: layout.layers.flatMap((layer) => layer.blocks.flat()).filter(({ l2 }) => l2 > 0),
    control: take(CONTROL_BYTES),
    zero: take(shardRows * layout.longest),
    weights: take(layout.weights),
    moving: take(layout.moving),
    moments: [take(layout.weights), take(layout.weights)],
    gradients: each(SHARDS, layout.weights),
    shards: each(SHARDS, layout.shard),
    packed: each(SHARDS, layout.packed),
    chosen: take(4 * batchSize),
    ends: take(4 * batchSize),
    data: take(0),
    sampleRows: take(4 * rows * network.inputs),
    sampleEnds: take(4 * samples),
    targets: take(4 * samples * network.outputs),
    sampleWeights: take(weighted ? 4 * samples : 0),
    noise: take(training.noise > 0 ? 4 * NOISE_LEVELS : 0),
    pages: Math.ceil((FIRST_ADDRESS + arena.size) / PAGE),
  };
}
