import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedReturn, labels } from '../../src/models/target.ts';
import { flatBars } from '../support/markets.ts';

describe('targets', () => {
  const bars = flatBars([100, 110, 99, 99]);

  it.each([
    ['return', [0.1, -0.1, 0]],
    ['logReturn', [Math.log(1.1), Math.log(0.9), 0]],
    ['price', [110, 99, 99]],
    ['direction', [1, 0, 0]],
  ] as const)('%s looks one bar ahead, and is unknown at the end', (kind, expected) => {
    const column = labels(kind, bars, 1);
    expected.forEach((value, i) => {
      expect(column[i]).toBeCloseTo(value, 14);
    });
    expect(column[3]).toBeNaN();
  });

  it('look over the horizon', () => {
    const column = labels('return', bars, 2);
    expect(column[0]).toBeCloseTo(-0.01, 14);
    expect([column[2], column[3]]).toEqual([Number.NaN, Number.NaN]);
  });

  it.each(['return', 'logReturn', 'price'] as const)('%s is undone by its inverse', (kind) => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), fc.double({ min: -0.5, max: 2, noNaN: true }), (price, move) => {
        const [label] = labels(kind, flatBars([price, price * (1 + move)]), 1);
        expect(expectedReturn(kind, label!, price, 1)).toBeCloseTo(move, 9);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('a direction is worth the mean move times twice the probability beyond one half', () => {
    expect(expectedReturn('direction', 0, 100, 0.02)).toBe(0);
    expect(expectedReturn('direction', Math.log(3), 100, 0.02)).toBeCloseTo(0.01, 15);
  });
});
