import { checkNetwork, type Network } from '../../network.ts';
import { checkWeights } from '../../parameters.ts';
import type { Predictor, Weight } from '../../trainer.ts';
import { isFiniteWindow } from '../window.ts';
import { createArena } from './arena.ts';
import { writeWeights } from './keras-layout.ts';
import { FIRST_ADDRESS, instantiate } from './kernels.ts';
import { addressOf, type Shard, type Thread } from './layer.ts';
import { layoutOf } from './layout.ts';
import type { MemoryPool } from './memory-pool.ts';

/** Windows forecast at once: what a step of them needs stays in the cache. A window's forecast does not depend on its company. */
const ROWS = 32;
const PAGE = 65_536;

/** Opens a trained network in the calling thread, its weights packed once. Throws a TypeError for weights of another network. */
export function openPredictor(module: WebAssembly.Module, network: Network, weights: readonly Weight[], memories: MemoryPool): Predictor {
  checkNetwork(network);
  checkWeights(network, weights);
  const { inputs, lookback, outputs } = network;
  const layout = layoutOf(network, { rows: ROWS, training: false });
  const arena = createArena();
  const take = (bytes: number) => FIRST_ADDRESS + arena.take(bytes);
  const places = {
    zero: take(ROWS * layout.longest),
    weights: take(layout.weights),
    moving: take(layout.moving),
    packed: take(layout.packed),
  };
  const base = take(layout.shard);
  const memory = memories.take(Math.ceil((FIRST_ADDRESS + arena.size) / PAGE));
  const floats = new Float32Array(memory.buffer);
  floats.fill(0, FIRST_ADDRESS / 4, (FIRST_ADDRESS + arena.size) / 4);
  const thread: Thread = { kernels: instantiate(module, memory), floats, ...places };
  writeWeights(
    layout,
    weights.map(({ values }) => values),
    floats,
    places.weights,
    places.moving,
  );
  for (const layer of layout.layers) layer.pack(thread);
  const shard: Shard = { index: 0, base, gradients: 0, rows: 0, firstRow: 0, batchRows: 0, batch: 0 };
  const shards = [shard];
  const chosen = new Int32Array(ROWS);
  let open = true;

  function forecastChosen(rows: Float32Array, ends: Int32Array, into: Float32Array): void {
    const { offset, stride } = layout.input;
    for (let row = 0; row < shard.rows; row++) {
      const from = (ends[chosen[row]!]! - lookback + 1) * inputs;
      for (let step = 0; step < lookback; step++) {
        const values = rows.subarray(from + step * inputs, from + (step + 1) * inputs);
        floats.set(values, (base + offset + (step * shard.rows + row) * stride) / 4);
      }
    }
    for (const { infer } of layout.layers) infer(thread, shard, shards);
    const said = addressOf(layout.inferred, shard, lookback) / 4;
    for (let row = 0; row < shard.rows; row++) {
      const from = said + (row * layout.inferred.stride) / 4;
      for (let output = 0; output < outputs; output++) into[chosen[row]! * outputs + output] = floats[from + output]!;
    }
  }

  return {
    forecast(rows, ends, _slots, into) {
      if (!open) throw new Error('Expected an open predictor, received one that was closed');
      shard.rows = 0;
      for (let k = 0; k < ends.length; k++) {
        if (isFiniteWindow(rows, inputs, lookback, ends[k]!)) chosen[shard.rows++] = k;
        else into.fill(Number.NaN, k * outputs, (k + 1) * outputs);
        if (shard.rows === ROWS || (shard.rows > 0 && k === ends.length - 1)) {
          forecastChosen(rows, ends, into);
          shard.rows = 0;
        }
      }
    },
    close() {
      if (open) memories.give(memory);
      open = false;
    },
  };
}
