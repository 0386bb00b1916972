import { quantile } from '../statistics/band.ts';

export const scalerKinds = ['standard', 'minmax', 'robust', 'none'] as const;
export type ScalerKind = (typeof scalerKinds)[number];

/** One affine map per column: scaled = (value - offset) / scale. Fitted on training rows only, stored with the fit. */
export interface Scaler {
  readonly kind: ScalerKind;
  readonly offset: readonly number[];
  /** Never 0: a column without spread is left at scale 1. */
  readonly scale: readonly number[];
}

/**
 * A scaler of the columns of `values` (row-major, `width` columns), fitted on rows `from .. to-1`; rows with a NaN in a column do
 * not count for it. standard: mean and population standard deviation; minmax: to [0, 1]; robust: median and interquartile range.
 */
export function fitScaler(kind: ScalerKind, values: Float64Array, width: number, from: number, to: number): Scaler {
  const offset: number[] = [];
  const scale: number[] = [];
  for (let column = 0; column < width; column++) {
    const known: number[] = [];
    for (let row = from; row < to; row++) {
      const value = values[row * width + column]!;
      if (!Number.isNaN(value)) known.push(value);
    }
    const [centre, spread] = known.length === 0 ? [0, 1] : centreAndSpread(kind, known);
    offset.push(centre);
    scale.push(spread > 0 ? spread : 1);
  }
  return { kind, offset, scale };
}

/** Rows `from .. to-1` of `values`, scaled, as float32, row-major. */
export function scaleRows(scaler: Scaler, values: Float64Array, from: number, to: number): Float32Array {
  const width = scaler.offset.length;
  const scaled = new Float32Array((to - from) * width);
  for (let k = 0; k < scaled.length; k++) {
    const column = k % width;
    scaled[k] = (values[from * width + k]! - scaler.offset[column]!) / scaler.scale[column]!;
  }
  return scaled;
}

function centreAndSpread(kind: ScalerKind, values: readonly number[]): readonly [number, number] {
  switch (kind) {
    case 'none':
      return [0, 1];
    case 'minmax': {
      let low = Infinity;
      let high = -Infinity;
      for (const value of values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      return [low, high - low];
    }
    case 'robust': {
      const sorted = Float64Array.from(values).sort();
      return [quantile(sorted, 0.5), quantile(sorted, 0.75) - quantile(sorted, 0.25)];
    }
    case 'standard': {
      let sum = 0;
      for (const value of values) sum += value;
      const mean = sum / values.length;
      let squares = 0;
      for (const value of values) squares += (value - mean) * (value - mean);
      const deviation = Math.sqrt(squares / values.length);
      // Rounding alone can give equal values a tiny deviation, which would blow up the first different one.
      return [mean, deviation > Math.abs(mean) * 1e-12 ? deviation : 0];
    }
  }
}
