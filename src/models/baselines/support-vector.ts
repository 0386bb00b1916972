import { isFiniteWindow } from '../engines/window.ts';
import type { Trainer } from '../trainer.ts';
import { fitted, vector } from './fitted.ts';
import { createKernelRows, squaredDistance } from './kernel-rows.ts';
import { solveSupport } from './minimal-optimisation.ts';
import { type TrainingTable, trainingTable } from './training-table.ts';

const COST = 1;
const TUBE = 0.1;
const TOLERANCE = 1e-5;
const STEPS = 1_000_000;

/**
 * Epsilon support vector regression with a radial kernel (Drucker et al. 1997), as scikit-learn's SVR unless told otherwise: cost 1,
 * a tube of 0.1 in units of the targets, gamma = 1 / (columns x population variance of all inputs).
 *
 * Solved a hundred times closer than there, so that what is learnt does not depend on the path of the solver. Own code, for the port of
 * LIBSVM that there is states the level of its models in six digits only, and listens to every unhandled rejection of the process.
 * Weights: `supportVectors` [vectors, lookback x inputs], `coefficients` [vectors], `rho` [1], `gamma` [1].
 */
export const supportVector: Trainer = {
  id: 'support-vector@1',
  description: 'support vector regression with a radial kernel on the same window of inputs',
  concurrency: 1,
  async fit(_network, samples, _training, watch) {
    watch.signal?.throwIfAborted();
    const learnable = trainingTable(samples);
    if (learnable.kind === 'refused') return learnable;
    const { windows, targets, width } = learnable.table;
    const gamma = kernelScale(learnable.table);
    const kernel = createKernelRows(windows, width, gamma);
    const solved = solveSupport({ kernel, targets, cost: COST, tube: TUBE, tolerance: TOLERANCE, steps: STEPS });
    if (!solved) return { kind: 'refused', reason: `the support vector regression did not come to rest within ${STEPS} steps` };
    const chosen: number[] = [];
    solved.coefficients.forEach((coefficient, k) => {
      if (coefficient !== 0) chosen.push(k);
    });
    const vectors = new Float32Array(chosen.length * width);
    chosen.forEach((k, at) => {
      vectors.set(windows.subarray(k * width, (k + 1) * width), at * width);
    });
    return fitted(
      { name: 'supportVectors', shape: [chosen.length, width], values: vectors },
      vector(
        'coefficients',
        chosen.map((k) => solved.coefficients[k]!),
      ),
      vector('rho', [solved.rho]),
      vector('gamma', [gamma]),
    );
  },
  open({ inputs, lookback }, weights) {
    const vectors = weights[0]!.values;
    const coefficients = weights[1]!.values;
    const rho = weights[2]!.values[0]!;
    const gamma = weights[3]!.values[0]!;
    const width = lookback * inputs;
    const say = (rows: Float32Array, start: number): number => {
      let sum = -rho;
      for (let s = 0; s < coefficients.length; s++) {
        sum += coefficients[s]! * Math.exp(-gamma * squaredDistance(rows, start, vectors, s * width, width));
      }
      return sum;
    };
    return {
      forecast(rows, ends, _slots, into) {
        for (let k = 0; k < ends.length; k++) {
          const end = ends[k]!;
          into[k] = isFiniteWindow(rows, inputs, lookback, end) ? say(rows, (end - lookback + 1) * inputs) : Number.NaN;
        }
      },
      close: () => {},
    };
  },
};

/** 1 / (columns x population variance of all numbers in the windows); 1 where they are all equal. */
function kernelScale({ windows, width }: TrainingTable): number {
  let mean = 0;
  for (const value of windows) mean += value / windows.length;
  let variance = 0;
  for (const value of windows) variance += ((value - mean) * (value - mean)) / windows.length;
  return variance > 0 ? 1 / (width * variance) : 1;
}
