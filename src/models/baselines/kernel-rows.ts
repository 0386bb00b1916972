// 200 MB.
const KEPT = 50_000_000;

/** Rows of the matrix of a radial kernel, worked out when first asked for. */
export interface KernelRows {
  /** exp(-gamma |sample - other|^2) for every other sample, float32. */
  row(sample: number): Float32Array;
}

/**
 * The kernel's matrix over `windows` (row-major, `width` columns). Rows asked for are kept, until those kept hold `kept` numbers in all
 * (but at least two rows); then the longest unused one leaves. That changes the time, but no number.
 */
export function createKernelRows(windows: Float32Array, width: number, gamma: number, kept = KEPT): KernelRows {
  const count = windows.length / width;
  const most = Math.max(2, Math.floor(kept / count));
  const rows = new Map<number, Float32Array>();
  return {
    row(sample) {
      let row = rows.get(sample);
      if (row) {
        // A map keeps the order in which its keys came.
        rows.delete(sample);
      } else {
        row = new Float32Array(count);
        for (let other = 0; other < count; other++) {
          row[other] = Math.exp(-gamma * squaredDistance(windows, sample * width, windows, other * width, width));
        }
        const [longestUnused] = rows.keys();
        if (longestUnused !== undefined && rows.size >= most) rows.delete(longestUnused);
      }
      rows.set(sample, row);
      return row;
    },
  };
}

/** Of the `width` numbers from `a[i]` and from `b[j]` on. */
export function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) {
    const difference = a[i + k]! - b[j + k]!;
    sum += difference * difference;
  }
  return sum;
}
