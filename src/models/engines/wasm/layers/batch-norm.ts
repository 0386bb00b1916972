import type { Layer } from '../../../network.ts';
import { roundUp } from '../arena.ts';
import { addressOf, type Flow, type LayerInput, type PlacedLayer, rowsOf, type Surroundings, takeBlock } from '../layer.ts';

/**
 * Batch normalisation (Ioffe and Szegedy 2015) over all rows, for a sequence over all steps too. Every shard finds its own mean and
 * squares; then each joins those of all shards in their order, so that the batch is normalised as one.
 */
export function placeBatchNorm(layer: Extract<Layer, { kind: 'batchNorm' }>, input: LayerInput, around: Surroundings): PlacedLayer {
  const { steps, rows, training, weights, moving, shard } = around;
  const { trained, inferred } = input;
  const { width, stride } = trained;
  const columns = roundUp(width, 8);
  const gamma = takeBlock(weights, 1, width, columns, [0]);
  const beta = takeBlock(weights, 1, width, columns, [0]);
  const [movingMean, movingVariance] = [moving.take(4 * columns), moving.take(4 * columns)];
  const most = trained.sequence ? steps * rows : rows;
  const y = shard.take(most * stride);
  const normalised = shard.take(training ? most * stride : 0);
  // What this shard found, and what all found together.
  const [ownMean, ownSquares] = [shard.take(4 * columns), shard.take(4 * columns)];
  const [mean, inverse] = [shard.take(4 * columns), shard.take(4 * columns)];
  const [meanDGamma, meanDBeta] = [shard.take(4 * columns), shard.take(4 * columns)];
  const output: Flow = { offset: y, stride, width, sequence: trained.sequence, last: false };
  return {
    output,
    inferred: output,
    blocks: [[gamma], [beta]],
    moving: { mean: movingMean, variance: movingVariance, width },
    pack() {},
    forward: [
      ({ kernels }, part) => {
        const { base } = part;
        kernels.batchNormMoments(
          rowsOf(trained, part, steps),
          columns,
          addressOf(trained, part, steps),
          stride,
          base + ownMean,
          base + ownSquares,
        );
      },
      ({ kernels, floats, weights: w, moving: m }, part, all) => {
        const { base } = part;
        for (let column = 0; column < columns; column++) {
          // Joining means and squares of parts (Chan, Golub and LeVeque 1979).
          let count = 0;
          let joined = 0;
          let squares = 0;
          for (const other of all) {
            const more = rowsOf(trained, other, steps);
            if (more === 0) continue;
            const difference = floats[(other.base + ownMean) / 4 + column]! - joined;
            const total = count + more;
            joined += (difference * more) / total;
            squares += floats[(other.base + ownSquares) / 4 + column]! + (difference * difference * count * more) / total;
            count = total;
          }
          const variance = squares / count;
          floats[(base + mean) / 4 + column] = joined;
          floats[(base + inverse) / 4 + column] = 1 / Math.sqrt(variance + layer.epsilon);
          if (part.index > 0) continue;
          const { momentum } = layer;
          const [first, second] = [(m + movingMean) / 4 + column, (m + movingVariance) / 4 + column];
          floats[first] = floats[first]! * momentum + joined * (1 - momentum);
          floats[second] = floats[second]! * momentum + variance * (1 - momentum);
        }
        const [x, count] = [addressOf(trained, part, steps), rowsOf(trained, part, steps)];
        // biome-ignore format: one line per group of the kernel's arguments
        kernels.batchNormApply(
          count, columns, x, stride, base + mean, base + inverse,
          w + gamma.offset, w + beta.offset, base + normalised, base + y,
        );
      },
    ],
    infer({ kernels, floats, weights: w, moving: m }, part) {
      const { base } = part;
      for (let column = 0; column < columns; column++) {
        floats[(base + inverse) / 4 + column] = 1 / Math.sqrt(floats[(m + movingVariance) / 4 + column]! + layer.epsilon);
      }
      const [x, count] = [addressOf(inferred, part, steps), rowsOf(inferred, part, steps)];
      // biome-ignore format: one line per group of the kernel's arguments
      kernels.batchNormApply(
        count, columns, x, inferred.stride, m + movingMean, base + inverse,
        w + gamma.offset, w + beta.offset, 0, base + y,
      );
    },
    backward: [
      ({ kernels }, part, gradient) => {
        const [dGamma, dBeta] = [part.gradients + gamma.offset, part.gradients + beta.offset];
        kernels.batchNormSums(rowsOf(trained, part, steps), columns, part.base + normalised, gradient, stride, dGamma, dBeta);
      },
      ({ kernels, floats, weights: w }, part, gradient, all) => {
        const { base } = part;
        let count = 0;
        for (const other of all) count += rowsOf(trained, other, steps);
        for (const [block, place] of [
          [gamma, meanDGamma],
          [beta, meanDBeta],
        ] as const) {
          for (let column = 0; column < columns; column++) {
            let sum = 0;
            for (const other of all) if (other.rows > 0) sum += floats[(other.gradients + block.offset) / 4 + column]!;
            floats[(base + place) / 4 + column] = sum / count;
          }
        }
        // biome-ignore format: one line per group of the kernel's arguments
        kernels.batchNormBackward(
          rowsOf(trained, part, steps), columns, base + normalised, gradient, stride,
          w + gamma.offset, base + inverse, base + meanDGamma, base + meanDBeta,
        );
      },
    ],
    inputGradient: undefined,
  };
}
