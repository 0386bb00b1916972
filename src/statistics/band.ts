import { standardDeviation } from './moments.ts';

/** A figure over several seeds. Standard deviation with divisor n - 1, null for one value; quantiles by linear interpolation. */
export interface Band {
  readonly mean: number;
  readonly standardDeviation: number | null;
  readonly minimum: number;
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
  readonly maximum: number;
}

/** The band of finite values in any order, which are left as they are. Throws a RangeError for none, or one that is not finite. */
export function band(values: readonly number[]): Band {
  if (values.length === 0) throw new RangeError('Expected at least one value for a band, received none');
  const strange = values.find((value) => !Number.isFinite(value));
  if (strange !== undefined) throw new RangeError(`Expected finite values for a band, received ${strange}`);
  const sorted = Float64Array.from(values).sort();
  let sum = 0;
  for (let k = 0; k < sorted.length; k++) sum += sorted[k]!;
  return {
    mean: sum / sorted.length,
    standardDeviation: standardDeviation(sorted),
    minimum: sorted[0]!,
    p10: quantile(sorted, 0.1),
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    maximum: sorted[sorted.length - 1]!,
  };
}

/** The value at place `share x (n - 1)` of ascending values, counted from 0, on the line between its neighbours (Hyndman and Fan 1996, type 7). */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}
