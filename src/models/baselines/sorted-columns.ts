import type { TrainingTable } from './training-table.ts';

/** The columns of a table one after another, each `count` long, and for each a list of samples in ascending order of its values. */
export interface SortedColumns {
  readonly values: Float32Array;
  /** As `fill` and `part` left them: those of column c begin at c x count. */
  readonly lists: Int32Array;
  /** Puts into the lists every sample that counts at least once, in ascending order; returns how many those are. */
  fill(copies: Int32Array): number;
  /**
   * Parts samples `from .. to-1` of every list: those that stand before `cut` in the list of `column` go before the others, and both
   * keep their order.
   */
  part(column: number, from: number, cut: number, to: number): void;
}

export function sortColumns({ windows, count, width }: TrainingTable): SortedColumns {
  const values = new Float32Array(count * width);
  for (let k = 0; k < count; k++) for (let j = 0; j < width; j++) values[j * count + k] = windows[k * width + j]!;
  const sorted = new Int32Array(count * width);
  for (let base = 0; base < count * width; base += count) {
    const order = sorted.subarray(base, base + count);
    for (let k = 0; k < count; k++) order[k] = k;
    // Equal values keep the order of their samples.
    order.sort((a, b) => values[base + a]! - values[base + b]! || a - b);
  }
  const lists = new Int32Array(count * width);
  const spare = new Int32Array(count);
  const goesLeft = new Uint8Array(count);

  return {
    values,
    lists,
    fill(copies) {
      let kept = 0;
      for (let base = 0; base < count * width; base += count) {
        kept = 0;
        for (let p = base; p < base + count; p++) {
          const sample = sorted[p]!;
          lists[base + kept] = sample;
          if (copies[sample]! > 0) kept++;
        }
      }
      return kept;
    },
    part(column, from, cut, to) {
      const chosen = column * count;
      for (let p = from; p < to; p++) goesLeft[lists[chosen + p]!] = p < cut ? 1 : 0;
      for (let base = 0; base < count * width; base += count) {
        if (base === chosen) continue;
        let left = base + from;
        let right = 0;
        // Both are written and one is kept: the processor need not guess which.
        for (let p = base + from; p < base + to; p++) {
          const sample = lists[p]!;
          const side = goesLeft[sample]!;
          lists[left] = sample;
          spare[right] = sample;
          left += side;
          right += 1 - side;
        }
        for (let p = 0; p < right; p++) lists[left + p] = spare[p]!;
      }
    },
  };
}
