import type { KernelRows } from './kernel-rows.ts';

/** Coefficients, and where the regression stands above the kernel's sum: forecast = sum of coefficient x kernel - rho. */
export interface SupportSolution {
  readonly coefficients: Float64Array;
  readonly rho: number;
}

export interface SupportProblem {
  readonly kernel: KernelRows;
  readonly targets: Float32Array;
  /** Bound of every coefficient's size; what a miss beyond the tube costs. */
  readonly cost: number;
  /** Half the width of the tube in which a miss costs nothing, in units of the targets. */
  readonly tube: number;
  /** How far the optimality conditions may be missed. */
  readonly tolerance: number;
  /** After so many it gives up. */
  readonly steps: number;
}

// A curvature of 0 (two equal samples) counts as this, as in Fan, Chen and Lin.
const LEAST_CURVATURE = 1e-12;

/**
 * Solves the dual of epsilon support vector regression (Drucker et al. 1997) by sequential minimal optimisation, pairs chosen by
 * second-order information (Fan, Chen and Lin 2005), as LIBSVM does without shrinking (Chang and Lin 2011). The kernel is 1 on its
 * diagonal. Returns undefined where the tolerance is not met within `steps`.
 *
 * Sample k has two variables between 0 and `cost`: `raise[k]` pulls the regression up to the tube's lower edge, `lower[k]` down to its
 * upper one; its coefficient is raise - lower. A step moves one coefficient up and another down by as much, so their sum stays 0.
 */
export function solveSupport({ kernel, targets, cost, tube, tolerance, steps }: SupportProblem): SupportSolution | undefined {
  const count = targets.length;
  const raise = new Float64Array(count);
  const lower = new Float64Array(count);
  // What the kernel's sum lacks to the targets.
  const missing = Float64Array.from(targets);

  for (let step = 0; step < steps; step++) {
    // The variable whose change upwards gains most per unit: raise[k] grows or lower[k] shrinks.
    let steepest = -Infinity;
    let up = -1;
    let upRaises = true;
    for (let k = 0; k < count; k++) {
      if (raise[k]! < cost && missing[k]! - tube > steepest) {
        steepest = missing[k]! - tube;
        up = k;
        upRaises = true;
      }
      if (lower[k]! > 0 && missing[k]! + tube > steepest) {
        steepest = missing[k]! + tube;
        up = k;
        upRaises = false;
      }
    }
    if (up < 0) return solution(raise, lower, missing, cost, tube);
    // Its partner downwards, with which a step lowers the objective most: raise[k] shrinks or lower[k] grows.
    const upRow = kernel.row(up);
    let shallowest = Infinity;
    let most = -1;
    let down = -1;
    let downRaises = true;
    for (let k = 0; k < count; k++) {
      const curvature = Math.max(2 - 2 * upRow[k]!, LEAST_CURVATURE);
      if (raise[k]! > 0) {
        const slope = missing[k]! - tube;
        if (slope < shallowest) shallowest = slope;
        const difference = steepest - slope;
        const gain = (difference * difference) / curvature;
        if (difference > 0 && gain > most) {
          most = gain;
          down = k;
          downRaises = true;
        }
      }
      if (lower[k]! < cost) {
        const slope = missing[k]! + tube;
        if (slope < shallowest) shallowest = slope;
        const difference = steepest - slope;
        const gain = (difference * difference) / curvature;
        if (difference > 0 && gain > most) {
          most = gain;
          down = k;
          downRaises = false;
        }
      }
    }
    if (down < 0 || steepest - shallowest < tolerance) return solution(raise, lower, missing, cost, tube);

    const downRow = kernel.row(down);
    const slope = downRaises ? missing[down]! - tube : missing[down]! + tube;
    const upRoom = upRaises ? cost - raise[up]! : lower[up]!;
    const downRoom = downRaises ? raise[down]! : cost - lower[down]!;
    const move = Math.min((steepest - slope) / Math.max(2 - 2 * upRow[down]!, LEAST_CURVATURE), upRoom, downRoom);
    // Bounds are met exactly, so that a variable at one is known to be there.
    if (upRaises) raise[up] = move === upRoom ? cost : raise[up]! + move;
    else lower[up] = move === upRoom ? 0 : lower[up]! - move;
    if (downRaises) raise[down] = move === downRoom ? 0 : raise[down]! - move;
    else lower[down] = move === downRoom ? cost : lower[down]! + move;
    for (let k = 0; k < count; k++) missing[k]! -= move * (upRow[k]! - downRow[k]!);
  }
  return undefined;
}

/** The level is what variables between their bounds agree on (their mean), else the middle of what those at bounds allow. */
function solution(raise: Float64Array, lower: Float64Array, missing: Float64Array, cost: number, tube: number): SupportSolution {
  let sum = 0;
  let free = 0;
  let atLeast = -Infinity;
  let atMost = Infinity;
  const consider = (value: number, slope: number, raises: boolean) => {
    if (value > 0 && value < cost) {
      sum += slope;
      free++;
    } else if ((value === 0) === raises) atLeast = Math.max(atLeast, slope);
    else atMost = Math.min(atMost, slope);
  };
  for (let k = 0; k < raise.length; k++) {
    consider(raise[k]!, missing[k]! - tube, true);
    consider(lower[k]!, missing[k]! + tube, false);
  }
  const level = free > 0 ? sum / free : (atLeast + atMost) / 2;
  return { coefficients: raise.map((value, k) => value - lower[k]!), rho: -level };
}
