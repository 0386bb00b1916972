import { binomialTail } from './binomial.ts';
import { normalCdf } from './normal.ts';

/** Ups and hits of forecasts against what happened, on the bars where both have a direction: neither is 0 nor unknown. */
export interface Directions {
  readonly count: number;
  /** Forecast and outcome on the same side. */
  readonly hits: number;
  readonly actualUp: number;
  readonly forecastUp: number;
}

/** Counts every `step`-th bar from `from` on, so that with step = horizon no two outcomes overlap. NaN is unscored. */
export function countDirections(actual: Float64Array, forecast: Float64Array, from = 0, step = 1): Directions {
  let count = 0;
  let hits = 0;
  let actualUp = 0;
  let forecastUp = 0;
  for (let i = from; i < actual.length; i += step) {
    const up = actual[i]! > 0;
    const expected = forecast[i]! > 0;
    if (!(up || actual[i]! < 0) || !(expected || forecast[i]! < 0)) continue;
    count++;
    if (up === expected) hits++;
    if (up) actualUp++;
    if (expected) forecastUp++;
  }
  return { count, hits, actualUp, forecastUp };
}

/** A one-sided test for skill in direction; both null where undefined. */
export interface DirectionTest {
  readonly statistic: number | null;
  readonly pValue: number | null;
}

const UNDEFINED: DirectionTest = { statistic: null, pValue: null };

/**
 * Do forecasts and outcomes agree in sign more often than independence gives (Pesaran and Timmermann 1992)? With P the share of hits, py and px
 * the shares of ups, `P* = py px + (1 - py)(1 - px)`: `S = (P - P*) / sqrt(var P - var P*)`, one-sided p from the normal.
 * Undefined where either side knows only one direction: then nothing could have been told apart.
 */
export function pesaranTimmermann({ count, hits, actualUp, forecastUp }: Directions): DirectionTest {
  if (actualUp === 0 || actualUp === count || forecastUp === 0 || forecastUp === count) return UNDEFINED;
  const py = actualUp / count;
  const px = forecastUp / count;
  const expected = py * px + (1 - py) * (1 - px);
  const variance = (expected * (1 - expected)) / count;
  const spreadY = (2 * py - 1) * (2 * py - 1) * px * (1 - px);
  const spreadX = (2 * px - 1) * (2 * px - 1) * py * (1 - py);
  const expectedVariance = (spreadY + spreadX) / count + (4 * py * px * (1 - py) * (1 - px)) / (count * count);
  if (!(variance - expectedVariance > variance * 1e-12)) return UNDEFINED;
  const statistic = (hits / count - expected) / Math.sqrt(variance - expectedVariance);
  return { statistic, pValue: normalCdf(-statistic) };
}

/** Share of the more frequent direction of the outcomes, `max(p, 1 - p)`: what always saying the same would have hit. Null without bars. */
export function majorityShare(actualUp: number, count: number): number | null {
  return count > 0 ? Math.max(actualUp, count - actualUp) / count : null;
}

/** Are there more hits than always saying the more frequent direction of the same bars gives? Statistic: the share of hits; p exact binomial. */
export function majorityTest({ count, hits, actualUp }: Directions): DirectionTest {
  const share = majorityShare(actualUp, count);
  return share === null ? UNDEFINED : { statistic: hits / count, pValue: binomialTail(hits, count, share) };
}

/**
 * A direction test for forecasts `horizon` bars ahead, whose outcomes overlap: made on each of the `horizon` offsets that do not overlap, and
 * the one with the largest p reported. Undefined as soon as one of them is: the largest is not known then.
 */
export function overOffsets(
  test: (directions: Directions) => DirectionTest,
  actual: Float64Array,
  forecast: Float64Array,
  horizon: number,
): DirectionTest {
  let largest = UNDEFINED;
  for (let offset = 0; offset < horizon; offset++) {
    const found = test(countDirections(actual, forecast, offset, horizon));
    if (found.pValue === null) return UNDEFINED;
    if (largest.pValue === null || found.pValue > largest.pValue) largest = found;
  }
  return largest;
}
