import { defined } from './defined.ts';

/**
 * Moments of returns. A return is a ratio minus 1, so it carries a rounding error of about 1e-16 whatever its size: a standard deviation
 * below this bound is that error, not risk, and counts as zero.
 */
const ROUNDING = 8 * Number.EPSILON;

/** Arithmetic mean, divisor n; null without a value. */
export function mean(values: Float64Array): number | null {
  return defined(average(values));
}

/** Sample standard deviation, divisor n - 1; null for fewer than two values, 0 where all agree within rounding. */
export function standardDeviation(values: Float64Array): number | null {
  if (values.length < 2) return null;
  const center = average(values);
  const deviation = Math.sqrt((centralMoment(values, center, 2) * values.length) / (values.length - 1));
  return defined(deviation <= ROUNDING * (1 + Math.abs(center)) ? 0 : deviation);
}

/** Skewness m3 / m2^1.5 of the central moments with divisor n (Fisher-Pearson); null without deviation: a flat series has no shape. */
export function skew(values: Float64Array): number | null {
  const deviation = standardDeviation(values);
  if (deviation === null || deviation === 0) return null;
  const center = average(values);
  const variance = centralMoment(values, center, 2);
  return defined(centralMoment(values, center, 3) / (variance * Math.sqrt(variance)));
}

/** Plain kurtosis m4 / m2^2 of the central moments with divisor n: 3 for the normal, not 0. Null without deviation. */
export function kurtosis(values: Float64Array): number | null {
  const deviation = standardDeviation(values);
  if (deviation === null || deviation === 0) return null;
  const center = average(values);
  const variance = centralMoment(values, center, 2);
  return defined(centralMoment(values, center, 4) / (variance * variance));
}

function average(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function centralMoment(values: Float64Array, center: number, order: 2 | 3 | 4): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = values[i]! - center;
    const square = distance * distance;
    sum += order === 2 ? square : order === 3 ? square * distance : square * square;
  }
  return sum / values.length;
}
