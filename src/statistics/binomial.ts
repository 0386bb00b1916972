import { stirlingError } from './gamma.ts';
import { normalQuantile } from './normal.ts';

/** P(X = k) for n trials of probability p, by Loader's (2000) saddle-point form; k and n whole numbers, 0 <= k <= n, 0 < p < 1. */
export function binomialProbability(k: number, n: number, p: number): number {
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const rest = n - k;
  const exponent = stirlingError(n) - stirlingError(k) - stirlingError(rest) - deviance(k, n * p) - deviance(rest, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * rest));
}

/**
 * P(X >= k), the exact upper tail: is a number of hits more than probability p gives by chance? Summed outwards from k, on the side
 * with less mass. k and n whole numbers, n >= 0; throws a RangeError for p outside [0, 1].
 */
export function binomialTail(k: number, n: number, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`Expected a probability from 0 to 1, received ${p}`);
  if (k <= 0) return 1;
  if (k > n || p === 0) return 0;
  if (p === 1) return 1;
  let term: number;
  let sum = 0;
  if (k > n * p) {
    term = binomialProbability(k, n, p);
    for (let j = k; j <= n && term > sum * 1e-17; j++) {
      sum += term;
      term *= ((n - j) / (j + 1)) * (p / (1 - p));
    }
    return Math.min(1, sum);
  }
  term = binomialProbability(k - 1, n, p);
  for (let j = k - 1; j >= 0 && term > sum * 1e-17; j--) {
    sum += term;
    term *= (j / (n - j + 1)) * ((1 - p) / p);
  }
  return Math.max(0, 1 - sum);
}

/** Interval for a share of `hits` in `count` (Wilson 1927), two-sided at `confidence`; null without trials. */
export function wilsonInterval(hits: number, count: number, confidence = 0.95): readonly [low: number, high: number] | null {
  if (count <= 0) return null;
  const z = normalQuantile((1 + confidence) / 2);
  const share = hits / count;
  const scale = 1 + (z * z) / count;
  const center = (share + (z * z) / (2 * count)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, center - half), Math.min(1, center + half)];
}

/** `x log(x / m) - (x - m)`, written so that x near m keeps its digits. */
function deviance(x: number, m: number): number {
  return x * Math.log1p((x - m) / m) - (x - m);
}
