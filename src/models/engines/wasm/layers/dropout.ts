import { addressOf, type Flow, type LayerInput, type PlacedLayer, rowsOf, type Surroundings } from '../layer.ts';
import { streamKey } from '../stream.ts';

/** Zeroes values by chance in training. The mask is a function of seed, batch and place, whatever shards and threads there are. */
export function placeDropout(rate: number, input: LayerInput, { steps, rows, training, shard, seed }: Surroundings): PlacedLayer {
  const { trained, inferred } = input;
  const most = training ? (trained.sequence ? steps * rows : rows) * trained.stride : 0;
  const y = shard.take(most);
  const mask = shard.take(most);
  const output: Flow = { ...trained, offset: y, last: false };
  return {
    output,
    inferred,
    blocks: [],
    pack() {},
    forward: [
      ({ kernels }, part) => {
        const [x, key] = [addressOf(trained, part, steps), streamKey(seed, part.batch)];
        const times = trained.sequence ? steps : 1;
        const { base, rows: count, firstRow, batchRows } = part;
        kernels.dropout(times, count, trained.stride, x, base + mask, base + y, key, rate, firstRow, batchRows);
      },
    ],
    infer() {},
    backward: [
      ({ kernels }, part, gradient) => {
        kernels.multiply((rowsOf(trained, part, steps) * trained.stride) / 4, gradient, part.base + mask);
      },
    ],
    inputGradient: undefined,
  };
}
