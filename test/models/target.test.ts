import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeOutput, expectedLevel, expectedReturn, labels, outputNames, presentLevels } from '../../src/models/target.ts';
import { barsOf, flatBars } from '../support/markets.ts';

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

  it('of several columns lie side by side, one row per bar; an adjusted close is the close', () => {
    const rows = barsOf([
      [1, 4, 1, 2],
      [2, 6, 2, 3],
      [3, 9, 3, 5],
    ]);
    const target = ['high', 'low', 'close', 'adjustedClose'] as const;
    expect(Array.from(labels(target, rows, 1))).toEqual([6, 2, 3, 3, 9, 3, 5, 5, Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(Array.from(presentLevels(target, rows, 1))).toEqual([4, 1, 2, 2, 6, 2, 3, 3, 9, 3, 5, 5]);
    expect(outputNames(target)).toEqual(target);
    expect([closeOutput(target), closeOutput(['high']), closeOutput('volatility'), closeOutput('return')]).toEqual([2, -1, -1, 0]);
    expect(expectedLevel(target, 7, 5, 1)).toBe(7);
    expect(expectedReturn(target, 6, 5, 1)).toBeCloseTo(0.2, 15);
  });

  it('a volatility is the root of the mean square of the returns that are to come; now, of as many that were', () => {
    // Returns 0.1, -0.1, 0.2, 0: of the two after bar 0 the mean square is 0.01, after bar 1 0.025, after bar 2 0.02.
    const moving = flatBars([100, 110, 99, 118.8, 118.8]);
    const [expected, now] = [labels('volatility', moving, 2), presentLevels('volatility', moving, 2)];
    [0.01, 0.025, 0.02].forEach((square, i) => {
      expect(expected[i]).toBeCloseTo(Math.sqrt(square), 12);
      expect(now[i + 2]).toBeCloseTo(Math.sqrt(square), 12);
    });
    expect([expected[3], expected[4], now[0], now[1]]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(expectedReturn('volatility', 0.1, 100, 1)).toBeNaN();
    expect(expectedLevel('volatility', 0.1, 0.2, 1)).toBe(0.1);
  });

  it.each(['return', 'logReturn', 'price'] as const)('%s stands for the level that came', (kind) => {
    const [label] = labels(kind, bars, 1);
    expect(expectedLevel(kind, label!, 100, 1)).toBeCloseTo(110, 10);
  });
});
