import { deriveSeed } from '../../../core/random.ts';
import type { Member } from './crew.ts';
import { instantiate } from './kernels.ts';
import type { Shard, Thread } from './layer.ts';
import { type Course, type MemoryMap, memoryMap } from './memory-map.ts';
import { streamKey } from './stream.ts';

/** One thread's hold on a network in training: the same steps for every batch, on the shards that are its own at the time. */
export interface Pass {
  readonly thread: Thread;
  readonly map: MemoryMap;
  readonly shards: readonly Shard[];
  /** Cuts the batch number `batch` of `count` windows, and brings the weights into the layout of products. */
  begin(count: number, batch: number): void;
  /** Work on every shard that is the member's and not empty. */
  each(member: Member, work: (shard: Shard) => void): void;
  /** From the windows whose ends stand in memory to the outputs, in training ... */
  forward(member: Member): void;
  /** ... or where the network is only asked. */
  infer(member: Member): void;
  /** From the gradients of the outputs to those of the weights, one lot per shard, penalties included. */
  backward(member: Member): void;
}

/** Binds a thread (0 the owner, 1 the assistant) to the memory of a training. */
export function createPass(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  course: Course,
  place: number,
  wantsInputGradient = false,
): Pass {
  const { training } = course;
  const map = memoryMap(course, wantsInputGradient);
  const { layout } = map;
  const { layers, steps, input } = layout;
  const kernels = instantiate(module, memory);
  const floats = new Float32Array(memory.buffer);
  const thread: Thread = { kernels, floats, zero: map.zero, weights: map.weights, moving: map.moving, packed: map.packed[place]! };
  const shards = map.shards.map(
    (base, index): Shard => ({ index, base, gradients: map.gradients[index]!, rows: 0, firstRow: 0, batchRows: 0, batch: 0 }),
  );
  const noiseSeed = deriveSeed(training.seed, 'noise');

  function each(member: Member, work: (shard: Shard) => void): void {
    for (const shard of shards) if (shard.rows > 0 && member.mine(shard.index)) work(shard);
  }

  function load({ base, firstRow, rows }: Shard): void {
    kernels.gather(map.sampleRows, map.ends + 4 * firstRow, rows, steps, input.width, base + input.offset, input.stride);
  }

  function addNoise({ base, firstRow, rows, batchRows, batch }: Shard): void {
    const key = streamKey(noiseSeed, batch);
    const x = base + input.offset;
    kernels.addNoise(steps, rows, input.width, input.stride, x, key, map.noise, training.noise, firstRow, batchRows);
  }

  return {
    thread,
    map,
    shards,
    each,
    begin(count, batch) {
      for (const shard of shards) {
        shard.firstRow = Math.ceil((count * shard.index) / shards.length);
        shard.rows = Math.ceil((count * (shard.index + 1)) / shards.length) - shard.firstRow;
        shard.batchRows = count;
        shard.batch = batch;
      }
      for (const layer of layers) layer.pack(thread);
    },
    forward(member) {
      each(member, (shard) => {
        load(shard);
        if (training.noise > 0) addNoise(shard);
      });
      for (const { forward } of layers) {
        forward.forEach((phase, k) => {
          if (k > 0) member.barrier();
          each(member, (shard) => phase(thread, shard, shards));
        });
      }
    },
    infer(member) {
      each(member, load);
      for (const { infer } of layers) each(member, (shard) => infer(thread, shard, shards));
    },
    backward(member) {
      for (let k = layers.length - 1; k >= layout.lowest; k--) {
        layers[k]!.backward.forEach((phase, p) => {
          if (p > 0) member.barrier();
          each(member, (shard) => phase(thread, shard, shard.base + layout.gradients[k]!, shards));
        });
      }
      for (const shard of shards) {
        if (!member.mine(shard.index)) continue;
        if (shard.rows === 0) floats.fill(0, shard.gradients / 4, (shard.gradients + layout.weights) / 4);
        // The penalties belong to no row: the first shard bears them.
        if (shard.index > 0) continue;
        for (const { offset, rows, stride, l2 } of map.penalised) {
          kernels.addScaled(rows * stride, 2 * l2, map.weights + offset, shard.gradients + offset);
        }
      }
    },
  };
}
