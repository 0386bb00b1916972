/** Points a line is drawn with at most; more cannot be told apart on a page. */
export const LINE_POINTS = 2000;

/**
 * The rows to draw of a long series: the lowest and the highest of each of `limit / 2` equal buckets, oldest first, so that no spike
 * is lost; every row where there are at most `limit`. A bucket without a known value keeps one row, which leaves the gap visible.
 */
export function decimate(values: Float64Array, limit: number = LINE_POINTS): readonly number[] {
  if (values.length <= limit) return Array.from(values, (_, i) => i);
  const buckets = Math.floor(limit / 2);
  const rows: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * values.length) / buckets);
    const to = Math.floor(((bucket + 1) * values.length) / buckets);
    let low = from;
    let high = from;
    for (let i = from + 1; i < to; i++) {
      const value = values[i]!;
      if (value < values[low]! || Number.isNaN(values[low])) low = i;
      if (value > values[high]! || Number.isNaN(values[high])) high = i;
    }
    rows.push(Math.min(low, high));
    if (low !== high) rows.push(Math.max(low, high));
  }
  return rows;
}

/** At most `limit` of `items`, evenly spaced, the first and the last among them. */
export function spread<T>(items: readonly T[], limit: number): readonly T[] {
  if (items.length <= limit) return items;
  return Array.from({ length: limit }, (_, i) => items[Math.round((i * (items.length - 1)) / (limit - 1))]!);
}
