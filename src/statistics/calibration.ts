/** Probabilities of an event against what came. */
export interface Calibration {
  /** Mean squared difference of probability and outcome (Brier 1950). */
  readonly brier: number | null;
  /** The same for always saying the share of events of the scored rows. */
  readonly brierOfShare: number | null;
  /** `-mean(y log p + (1 - y) log(1 - p))`, natural logarithm; a certain forecast that fails counts as 1e-15. */
  readonly logLoss: number | null;
  /** Ten bins of equal width, from <= p < to (the last one includes 1); those without a forecast are left out. */
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly meanProbability: number;
    /** Of rows on which the event came. */
    readonly share: number;
  }[];
}

const BINS = 10;
const LEAST_PROBABILITY = 1e-15;

/**
 * How well stated probabilities agree with what came: `outcome` is 1 where the event came, 0 where not. Rows with a NaN in either column are
 * skipped; null, and no bins, where none is left. Throws a RangeError for columns of different lengths and for values out of range.
 */
export function calibration(probability: Float64Array, outcome: Float64Array): Calibration {
  if (probability.length !== outcome.length) {
    throw new RangeError(`Expected as many outcomes as probabilities, ${probability.length}, received ${outcome.length}`);
  }
  const counts = new Int32Array(BINS);
  const events = new Int32Array(BINS);
  const sums = new Float64Array(BINS);
  let squares = 0;
  let logs = 0;
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!;
    const came = outcome[i]!;
    if (Number.isNaN(p) || Number.isNaN(came)) continue;
    check(p, came, i);
    squares += (p - came) * (p - came);
    logs -= Math.log(Math.max(came === 1 ? p : 1 - p, LEAST_PROBABILITY));
    const bin = Math.min(Math.floor(p * BINS), BINS - 1);
    counts[bin]!++;
    events[bin]! += came;
    sums[bin]! += p;
  }
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (rows === 0) return { brier: null, brierOfShare: null, logLoss: null, bins: [] };
  const share = events.reduce((sum, count) => sum + count, 0) / rows;
  return {
    brier: squares / rows,
    brierOfShare: share * (1 - share),
    logLoss: logs / rows,
    bins: Array.from(counts, (count, k) => ({
      from: k / BINS,
      to: (k + 1) / BINS,
      count,
      meanProbability: sums[k]! / count,
      share: events[k]! / count,
    })).filter(({ count }) => count > 0),
  };
}

function check(probability: number, outcome: number, row: number): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`Expected a probability from 0 to 1 in row ${row}, received ${probability}`);
  }
  if (outcome !== 0 && outcome !== 1) throw new RangeError(`Expected an outcome of 0 or 1 in row ${row}, received ${outcome}`);
}
