import { normalCdf } from './normal.ts';

export interface CoverageTest {
  /** Likelihood ratio, >= 0, chi-squared with one degree of freedom where the coverage is right. */
  readonly statistic: number;
  /** Small where the share of hits is not the probability. */
  readonly pValue: number;
}

/**
 * Do events of a stated probability happen as often as they should (Kupiec 1995, proportion of failures)? `hits` of `count` trials; null
 * without trials or for a probability that is not between 0 and 1.
 *
 * `-2 log[(1 - p)^(n - x) p^x / ((1 - x/n)^(n - x) (x/n)^x)]`. As if the trials were independent: windows that overlap, or hits that come in
 * clusters, make it reject too often.
 */
export function kupiecTest(hits: number, count: number, probability: number): CoverageTest | null {
  if (!(count > 0 && probability > 0 && probability < 1)) return null;
  const misses = count - hits;
  const share = hits / count;
  const ratio = 2 * (scaledLog(hits, share / probability) + scaledLog(misses, (1 - share) / (1 - probability)));
  const statistic = Math.max(0, ratio);
  // A chi-squared variable with one degree of freedom is the square of a standard normal one.
  return { statistic, pValue: Math.min(1, 2 * normalCdf(-Math.sqrt(statistic))) };
}

/** `count x log(ratio)`, 0 for a count of 0. */
function scaledLog(count: number, ratio: number): number {
  return count === 0 ? 0 : count * Math.log(ratio);
}
