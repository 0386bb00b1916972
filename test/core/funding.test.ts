import { describe, expect, it } from 'vitest';
import { alignFunding } from '../../src/core/funding.ts';
import { barsOf, HOUR } from '../support/markets.ts';

const START = Date.UTC(2020, 0, 1);
const NONE = Number.NaN;

/** Hourly bars, and rates by the hour at which they were due. */
function aligned(hours: readonly number[], rates: readonly (readonly [hour: number, rate: number])[]): number[] {
  const bars = barsOf(hours.map(() => [100, 100, 100, 100]));
  const openTime = Float64Array.from(hours, (hour) => START + hour * HOUR);
  const time = Float64Array.from(rates, ([hour]) => START + hour * HOUR);
  return [...alignFunding({ ...bars, openTime }, { time, rate: Float64Array.from(rates, ([, rate]) => rate) })];
}

describe('funding rates on bars', () => {
  it.each([
    [
      'every hour',
      [0, 1, 2],
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      [1, 2, 3],
    ],
    [
      'every second hour: nothing is due in between',
      [0, 1, 2, 3],
      [
        [0, 1],
        [2, 3],
      ],
      [1, 0, 3, 0],
    ],
    [
      'due between two openings, paid at the second',
      [0, 1, 2],
      [
        [-0.5, 1],
        [0.5, 2],
        [1.5, 3],
      ],
      [1, 2, 3],
    ],
    [
      'several between two bars are summed',
      [0, 3, 4],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
      ],
      [1, 9, 5],
    ],
    [
      'unknown before the first one',
      [0, 1, 2],
      [
        [1, 2],
        [2, 3],
      ],
      [NONE, 2, 3],
    ],
    [
      'unknown more than a step after the last one',
      [0, 1, 2, 3],
      [
        [0, 1],
        [1, 2],
      ],
      [1, 2, NONE, NONE],
    ],
    [
      'unknown at the bar at which one is missing',
      [0, 1, 2, 3, 4],
      [
        [0, 1],
        [1, 2],
        [3, 4],
        [4, 5],
      ],
      [1, 2, NONE, 4, 5],
    ],
    [
      'unknown at the next bar where that one is missing, too',
      [0, 1, 3, 4],
      [
        [0, 1],
        [1, 2],
        [3, 4],
        [4, 5],
      ],
      [1, 2, NONE, 5],
    ],
    ['none at all', [0, 1], [], [NONE, NONE]],
  ] as const)('%s', (_, hours, rates, expected) => {
    expect(aligned(hours, rates)).toEqual(expected);
  });
});
