import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Samples, Trainer } from '../trainer.ts';
import { openAffine } from './affine.ts';
import { fitted, vector } from './fitted.ts';
import { trainingTable } from './training-table.ts';

// Penalties tried, as multiples of the number of training samples; the validation part picks one.
const PENALTIES = [1e-3, 1e-2, 1e-1, 1, 10] as const;

/**
 * Ridge regression on the flattened window: the linear model a network must beat on the same inputs and rows.
 *
 * Solves (X'X + penalty n I) w = X'(y - mean y) on centred inputs, in the smaller of its primal and dual form (Hoerl and Kennard
 * 1970; Saunders, Gammerman and Vovk 1998). The penalty is the one with the least squared error on the validation samples; without
 * them the middle one. Weights: `kernel` [lookback x inputs] and `bias` [1].
 */
export const linear: Trainer = {
  id: 'linear@1',
  description: 'ridge regression on the same window of inputs',
  concurrency: 1,
  async fit(_network, samples, _training, watch) {
    watch.signal?.throwIfAborted();
    const learnable = trainingTable(samples);
    if (learnable.kind === 'refused') return learnable;
    const { kernel, bias } = ridge(samples);
    if (!kernel.every(Number.isFinite)) return { kind: 'refused', reason: 'the linear system has no finite solution' };
    return fitted(vector('kernel', kernel), vector('bias', [bias]));
  },
  open: openAffine,
};

function ridge(samples: Samples): { kernel: Float64Array; bias: number } {
  const { trainCount, ends } = samples;
  const width = samples.lookback * samples.inputs;
  const inputMean = meanWindow(samples, width);
  let targetMean = 0;
  for (let k = 0; k < trainCount; k++) targetMean += samples.targets[k]! / trainCount;
  const windows = centredWindows(samples, inputMean, 0, trainCount);
  const target = Matrix.columnVector(Array.from({ length: trainCount }, (_, k) => samples.targets[k]! - targetMean));
  const transposed = windows.transpose();
  const dual = trainCount < width;
  const gram = dual ? windows.mmul(transposed) : transposed.mmul(windows);
  const right = dual ? target : transposed.mmul(target);

  const solve = (penalty: number): Matrix => {
    const system = gram.clone();
    for (let d = 0; d < system.rows; d++) system.set(d, d, system.get(d, d) + penalty * trainCount);
    const solution = new CholeskyDecomposition(system).solve(right);
    return dual ? transposed.mmul(solution) : solution;
  };
  const validation = ends.length > trainCount ? centredWindows(samples, inputMean, trainCount, ends.length) : undefined;
  let best = validation ? undefined : solve(PENALTIES[Math.floor(PENALTIES.length / 2)]!);
  let least = Infinity;
  for (const penalty of validation ? PENALTIES : []) {
    const kernel = solve(penalty);
    const forecast = validation!.mmul(kernel);
    let error = 0;
    for (let k = 0; k < forecast.rows; k++) {
      const miss = forecast.get(k, 0) + targetMean - samples.targets[trainCount + k]!;
      error += miss * miss;
    }
    if (error < least || !best) {
      least = error;
      best = kernel;
    }
  }
  const kernel = Float64Array.from(best!.to1DArray());
  let bias = targetMean;
  for (let j = 0; j < width; j++) bias -= kernel[j]! * inputMean[j]!;
  return { kernel, bias };
}

function meanWindow({ rows, ends, trainCount, inputs, lookback }: Samples, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (let k = 0; k < trainCount; k++) {
    const start = (ends[k]! - lookback + 1) * inputs;
    for (let j = 0; j < width; j++) mean[j]! += rows[start + j]! / trainCount;
  }
  return mean;
}

function centredWindows({ rows, ends, inputs, lookback }: Samples, mean: Float64Array, from: number, to: number): Matrix {
  const windows = new Matrix(to - from, mean.length);
  for (let k = from; k < to; k++) {
    const start = (ends[k]! - lookback + 1) * inputs;
    for (let j = 0; j < mean.length; j++) windows.set(k - from, j, rows[start + j]! - mean[j]!);
  }
  return windows;
}
