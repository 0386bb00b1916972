import { cholesky, solveCholesky } from './cholesky.ts';

/**
 * The weights x >= 0 that minimise |A x - y|^2, given `gram` = A'A (row-major, positive definite) and `moment` = A'y: the active set method
 * of Lawson and Hanson (1974, chapter 23) on the normal equations, as Bro and De Jong (1997) put it. Weights that are held at 0 are exactly
 * 0. What is left of a gradient by rounding, 1e-12 of the largest moment, frees none. Undefined where a number is not finite, or `gram`
 * not positive definite on weights that become free.
 */
export function nonNegativeLeastSquares(gram: Float64Array, moment: Float64Array): Float64Array | undefined {
  if (!gram.every(Number.isFinite) || !moment.every(Number.isFinite)) return undefined;
  const count = moment.length;
  const weights = new Float64Array(count);
  const free = new Uint8Array(count);
  const least = 1e-12 * moment.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  // Each round lessens the error, so that no set of free weights comes back; rounding alone could make it, and is given so many rounds.
  for (let round = 0; round < 3 * count; round++) {
    const entering = steepest(gram, moment, weights, free, least);
    if (entering < 0) break;
    free[entering] = 1;
    for (;;) {
      const wanted = solveFree(gram, moment, free);
      if (!wanted) return undefined;
      const { step, leaving } = feasibleStep(weights, wanted, free);
      for (let k = 0; k < count; k++) weights[k] = leaving < 0 ? wanted[k]! : weights[k]! + step * (wanted[k]! - weights[k]!);
      if (leaving < 0) break;
      for (let k = 0; k < count; k++) {
        if (k !== leaving && weights[k]! > 0) continue;
        free[k] = 0;
        weights[k] = 0;
      }
    }
  }
  return weights;
}

/** The weight held at 0 whose release lessens the error most steeply; -1 where none does. */
function steepest(gram: Float64Array, moment: Float64Array, weights: Float64Array, free: Uint8Array, least: number): number {
  let entering = -1;
  let most = least;
  for (let k = 0; k < moment.length; k++) {
    if (free[k] === 1) continue;
    let slope = moment[k]!;
    for (let j = 0; j < moment.length; j++) slope -= gram[k * moment.length + j]! * weights[j]!;
    if (slope > most) {
      most = slope;
      entering = k;
    }
  }
  return entering;
}

/** How far the weights may go towards those wanted, and which of them is then 0; -1 where all the way. */
function feasibleStep(weights: Float64Array, wanted: Float64Array, free: Uint8Array): { step: number; leaving: number } {
  let step = 1;
  let leaving = -1;
  for (let k = 0; k < weights.length; k++) {
    if (free[k] === 0 || wanted[k]! > 0) continue;
    const reach = weights[k]! === 0 ? 0 : weights[k]! / (weights[k]! - wanted[k]!);
    if (leaving < 0 || reach < step) {
      step = reach;
      leaving = k;
    }
  }
  return { step, leaving };
}

/** The minimum over the free weights alone; the others are 0. */
function solveFree(gram: Float64Array, moment: Float64Array, free: Uint8Array): Float64Array | undefined {
  const count = moment.length;
  const places = Array.from(moment.keys()).filter((k) => free[k] === 1);
  const factor = Float64Array.from(places.flatMap((a) => places.map((b) => gram[a * count + b]!)));
  const solution = Float64Array.from(places, (k) => moment[k]!);
  if (!cholesky(factor, places.length)) return undefined;
  solveCholesky(factor, places.length, solution);
  const weights = new Float64Array(count);
  places.forEach((place, k) => {
    weights[place] = solution[k]!;
  });
  return weights;
}
