import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import type { Trainer } from '../trainer.ts';
import { openAffine } from './affine.ts';
import { fitted, vector } from './fitted.ts';
import { type TrainingTable, trainingTable } from './training-table.ts';

// The distance from 1 to the next float32, 2^-23.
const FLOAT32_STEP = 1.1920928955078125e-7;

/**
 * Ordinary least squares on the flattened window. Where columns depend on each other, of all solutions the one of least norm
 * (Golub and Van Loan 2013, 5.5): no column is given a large coefficient for another one to take away.
 *
 * On centred inputs and targets, by the singular values of the triangle that a QR decomposition leaves. Inputs come rounded to float32,
 * which alone can make singular values of up to 2^-24 x their Frobenius norm out of nothing: up to twice that they count as 0.
 * Weights: `kernel` [lookback x inputs] and `bias` [1].
 */
export const leastSquares: Trainer = {
  id: 'least-squares@1',
  description: 'ordinary least squares on the same window of inputs',
  concurrency: 1,
  async fit(_network, samples, _training, watch) {
    watch.signal?.throwIfAborted();
    const learnable = trainingTable(samples);
    if (learnable.kind === 'refused') return learnable;
    const { kernel, bias } = solve(learnable.table);
    if (!kernel.every(Number.isFinite)) return { kind: 'refused', reason: 'the linear system has no finite solution' };
    return fitted(vector('kernel', kernel), vector('bias', [bias]));
  },
  open: openAffine,
};

function solve({ windows, targets, count, width }: TrainingTable): { kernel: Float64Array; bias: number } {
  const means = new Float64Array(width + 1);
  const value = (k: number, j: number) => (j < width ? windows[k * width + j]! : targets[k]!);
  for (let k = 0; k < count; k++) for (let j = 0; j <= width; j++) means[j]! += value(k, j) / count;
  // The targets are the last column: what reduces the inputs to a triangle turns them along.
  let system = new Matrix(count, width + 1);
  for (let k = 0; k < count; k++) for (let j = 0; j <= width; j++) system.set(k, j, value(k, j) - means[j]!);
  if (count > width + 1) system = new QrDecomposition(system).upperTriangularMatrix;
  const equations = Math.min(count, width);
  const left = system.subMatrix(0, equations - 1, 0, width - 1);
  const right = Array.from({ length: equations }, (_, k) => system.get(k, width));
  const kernel = leastNorm(left, right, FLOAT32_STEP * norm(windows));
  let bias = means[width]!;
  for (let j = 0; j < width; j++) bias -= kernel[j]! * means[j]!;
  return { kernel, bias };
}

/** The x of least norm among those with the least |left x - right|; singular values up to `rounding` count as 0. */
function leastNorm(left: Matrix, right: readonly number[], rounding: number): Float64Array {
  const solution = new Float64Array(left.columns);
  const { diagonal, leftSingularVectors: u, rightSingularVectors: v } = new SingularValueDecomposition(left, { autoTranspose: true });
  diagonal.forEach((singular, k) => {
    if (singular <= rounding) return;
    let along = 0;
    for (let i = 0; i < right.length; i++) along += u.get(i, k) * right[i]!;
    for (let j = 0; j < solution.length; j++) solution[j]! += (v.get(j, k) * along) / singular;
  });
  return solution;
}

function norm(values: Float32Array): number {
  let squares = 0;
  for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}
