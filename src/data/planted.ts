import { createRandom, deriveSeed } from '../core/random.ts';

/** Midpoints and weights that integrate over the size |z| of a standard normal move, from 0 to 8. */
const STEP = 0.004;
const SIZES = Float64Array.from({ length: 2000 }, (_, i) => (i + 0.5) * STEP);
const WEIGHTS = SIZES.map((size) => Math.sqrt(2 / Math.PI) * Math.exp((-size * size) / 2) * STEP);
const MEAN_SIZE_SQUARED = 2 / Math.PI;

/** How the size of a move leans the next one: P(up) - P(down) = slope * (size - centre), cut to -1 .. 1. */
interface Lean {
  readonly slope: number;
  readonly centre: number;
}

/**
 * Standardised returns with a tendency that no linear function of past returns can see.
 *
 * The size |z[t]| of each return is that of a standard normal, independent of everything; its sign is drawn with
 * P(up) - P(down) = slope * (|z[t-1]| - centre), cut to -1 .. 1. Hence E[z[t] | past] = sqrt(2 / pi) * that, and slope and centre are
 * such that it has mean 0 and variance `share`. As sizes and signs are independent within a bar, z is exactly standard normal and all
 * autocorrelations of z are exactly 0. But for the cut (of 2 % of the bars at a share of 0.1, 9 % at 0.2, two thirds at 0.5) E[z[t] | past] is
 * sqrt(share) * (|z[t-1]| - E|z|) / sd|z|, so the correlation of z[t] with |z[t-1]| is 0.314 at a share of
 * 0.1 (0.316 uncut), 0.433 at 0.2 (0.447) and 0.608 at 0.5 (0.707).
 *
 * `shuffled`: the same sizes and draws with the leanings in a random order: nothing is left to learn.
 */
export function plantedReturns(count: number, share: number, seed: number, shuffled: boolean): Float64Array {
  const sizes = createRandom(deriveSeed(seed, 'planted sizes'));
  const signs = createRandom(deriveSeed(seed, 'planted signs'));
  const { slope, centre } = leanWorth(share);
  const size = Float64Array.from({ length: count + 1 }, () => Math.abs(sizes.normal()));
  const order = shuffled ? createRandom(deriveSeed(seed, 'planted order')).permutation(count) : undefined;
  return Float64Array.from({ length: count }, (_, t) => {
    const lean = cut(slope * (size[order ? order[t]! : t]! - centre));
    return signs.uniform() < (1 + lean) / 2 ? size[t + 1]! : -size[t + 1]!;
  });
}

/** The share of next moves whose direction one who knows the rule calls right: 1/2 + E|P(up) - P(down)| / 2. */
export function plantedDirectionAccuracy(share: number): number {
  const lean = leanWorth(share);
  return 0.5 + 0.5 * expected(lean, Math.abs);
}

/** The lean with mean 0 and E[z | past] of variance `share`, by bisection; the largest possible share is 2/pi. */
function leanWorth(share: number): Lean {
  if (share === 0) return { slope: 0, centre: 0 };
  const centred = (slope: number): Lean => ({ slope, centre: bisect(0, 8, (centre) => expected({ slope, centre }, (lean) => -lean)) });
  const slope = bisect(0, 100, (candidate) => MEAN_SIZE_SQUARED * expected(centred(candidate), (lean) => lean * lean) - share);
  return centred(slope);
}

function expected({ slope, centre }: Lean, of: (lean: number) => number): number {
  let sum = 0;
  for (let i = 0; i < SIZES.length; i++) sum += WEIGHTS[i]! * of(cut(slope * (SIZES[i]! - centre)));
  return sum;
}

function cut(lean: number): number {
  return Math.max(-1, Math.min(1, lean));
}

/** Where a rising function crosses 0 between `low` and `high`, to about 1e-12. */
function bisect(low: number, high: number, rising: (at: number) => number): number {
  for (let round = 0; round < 46; round++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
