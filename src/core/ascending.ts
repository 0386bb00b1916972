/** The first place in an ascending column whose value is at or after `value`; the column's length where there is none. */
export function firstAtOrAfter(column: Float64Array | Int32Array, value: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
