import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { ema } from '../../src/indicators/ema.ts';
import { sma } from '../../src/indicators/sma.ts';

// Prices in cents between 64 and 1024: as doubles all are whole multiples of 2^-46, so their sums are exact as big integers.
const GRID = 70_368_744_177_664;

function prices(length: number, seed: number): Float64Array {
  const random = createRandom(seed);
  let price = 300;
  return Float64Array.from({ length }, () => {
    price = Math.min(500, Math.max(80, price * (1 + 0.01 * random.normal())));
    return Math.round(price * 100) / 100;
  });
}

describe('the simple moving average', () => {
  it('of 1 to 6 over 3 is 2, 3, 4, 5', () => {
    expect([...sma(Float64Array.of(1, 2, 3, 4, 5, 6), 3)]).toEqual([Number.NaN, Number.NaN, 2, 3, 4, 5]);
  });

  it.each([10, 30, 200])('over %i of 1,000,000 rows is the exact mean, rounded to the nearest double', (period) => {
    const values = prices(1_000_000, 5);
    const averages = sma(values, period);
    let window = 0n;
    let wrong = 0;
    for (let i = 0; i < values.length; i++) {
      window += BigInt(values[i]! * GRID);
      if (i >= period) window -= BigInt(values[i - period]! * GRID);
      if (i < period - 1) continue;
      const average = averages[i]!;
      // Half a unit in the last place of an average in [64, 128), [128, 256), [256, 512), in halves of the grid.
      const ulp = average < 128 ? 1n : average < 256 ? 2n : 4n;
      const apart = BigInt(average * GRID) * BigInt(period) - window;
      if (2n * (apart < 0n ? -apart : apart) > ulp * BigInt(period)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('ties with the average of any other period where the prices stand still', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 300 }), (price, period) => {
        const still = new Float64Array(301).fill(price);
        expect(sma(still, period)[300]).toBe(price);
        expect(ema(still, period)[300]).toBe(price);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('ties with the average of a longer period over the same prices said twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (period, seed) => {
        const once = prices(period, seed);
        const twice = Float64Array.from({ length: 2 * period }, (_, i) => once[i % period]!);
        expect(sma(twice, 2 * period)[2 * period - 1]).toBe(sma(twice, period)[2 * period - 1]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('forgets a value of any size once it has left the window', () => {
    const values = Float64Array.of(1e300, -3e18, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3);
    expect([...sma(values, 3).subarray(6)]).toEqual([0.3, 0.3]);
  });

  it('is NaN where its window holds one', () => {
    const averages = sma(Float64Array.of(1, 2, Number.NaN, 4, 5, 6, 7), 2);
    expect([...averages]).toEqual([Number.NaN, 1.5, Number.NaN, Number.NaN, 4.5, 5.5, 6.5]);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses the period %d', (period) => {
    expect(() => sma(Float64Array.of(1), period)).toThrow(`Expected period to be a whole number of bars >= 1, received ${period}`);
    expect(() => ema(Float64Array.of(1), period)).toThrow(TypeError);
  });
});

describe('the exponential moving average', () => {
  it('starts with the mean of the first values and then moves by 2 / (period + 1) of the difference', () => {
    expect([...ema(Float64Array.of(1, 2, 3, 8, 0), 3)]).toEqual([Number.NaN, Number.NaN, 2, 5, 2.5]);
  });

  it('seeds itself again behind a NaN', () => {
    const values = Float64Array.of(1, 2, 3, Number.NaN, 10, 20, 30, 40);
    expect([...ema(values, 3).subarray(2)]).toEqual([2, Number.NaN, Number.NaN, Number.NaN, 20, 30]);
  });

  it('keeps a seed of zero', () => {
    expect([...ema(Float64Array.of(-1, 0, 1, 4), 3).subarray(2)]).toEqual([0, 2]);
  });
});
