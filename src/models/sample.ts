import type { Sampling } from './model.ts';

/** The samples of one fit: rows at which their windows end, training part first. */
export interface Split {
  readonly ends: Int32Array;
  readonly trainCount: number;
}

/**
 * The latest samples whose labels are known at row `known`, in chronological order: sample i needs a window of `lookback` complete
 * rows ending at i, and i + horizon <= known. A rolling window takes the last `window` of them, an expanding one all; with
 * fewer than `window` there is no split yet (undefined).
 *
 * The last `validation` share validates. Between the parts, a training label must not reach into the validation part: for the last
 * training sample a and the first validation sample b, a + horizon + embargo <= b.
 */
export function splitSamples(usable: Uint8Array, known: number, horizon: number, sampling: Sampling): Split | undefined {
  const ends: number[] = [];
  for (let row = known - horizon; row >= 0 && (sampling.expanding || ends.length < sampling.window); row--) {
    if (usable[row] === 1) ends.push(row);
  }
  if (ends.length < sampling.window) return undefined;
  ends.reverse();
  const validation = Math.round(ends.length * sampling.validation);
  const firstValidation = ends[ends.length - validation];
  const training =
    firstValidation === undefined
      ? ends
      : ends.slice(0, ends.length - validation).filter((end) => end + horizon + sampling.embargo <= firstValidation);
  return { ends: Int32Array.from([...training, ...ends.slice(ends.length - validation)]), trainCount: training.length };
}

/** 1 for every row that closes a complete window and has all its labels (`width` side by side), else 0. */
export function usableRows(complete: Uint8Array, labels: Float64Array, width = 1): Uint8Array {
  return complete.map((flag, row) => (labels.subarray(row * width, (row + 1) * width).some(Number.isNaN) ? 0 : flag));
}

/** 1 for every row whose last `lookback` rows hold no NaN, else 0. Fills `complete` from row `from` on. */
export function completeWindows(
  values: Float64Array,
  width: number,
  lookback: number,
  complete: Uint8Array = new Uint8Array(values.length / width),
  from = 0,
): Uint8Array {
  let run = 0;
  // The first of these windows begins so many rows before.
  for (let row = Math.max(0, from - lookback + 1); row < complete.length; row++) {
    let known = true;
    for (let column = 0; column < width; column++) {
      if (!Number.isFinite(values[row * width + column]!)) known = false;
    }
    run = known ? run + 1 : 0;
    if (row >= from) complete[row] = run >= lookback ? 1 : 0;
  }
  return complete;
}
