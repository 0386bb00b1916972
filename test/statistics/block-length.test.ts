import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { optimalBlockLength } from '../../src/statistics/block-length.ts';

/** x_t = carry x_{t-1} + noise. */
function autoregression(carry: number, length: number, seed: number): Float64Array {
  const random = createRandom(seed);
  let value = 0;
  return Float64Array.from({ length }, () => {
    value = carry * value + random.normal();
    return value;
  });
}

describe('the optimal block length', () => {
  it('grows with what values keep of the ones before', () => {
    const [none, some, much] = [0, 0.5, 0.9].map((carry) => optimalBlockLength(autoregression(carry, 4000, 5))!.stationary);
    expect(none).toBeLessThan(some!);
    expect(some).toBeLessThan(much!);
  });

  it('comes near the one that theory has for a first-order autoregression', () => {
    // G / g0 = 2 carry / (1 - carry^2) (Politis and White 2004, section 3.2), so b = ((2 carry / (1 - carry^2))^2 n)^(1/3).
    const carry = 0.5;
    const theory = Math.cbrt(((2 * carry) / (1 - carry * carry)) ** 2 * 20_000);
    expect(optimalBlockLength(autoregression(carry, 20_000, 1))!.stationary / theory).toBeCloseTo(1, 0);
  });

  it('is of one ratio for the two kinds of bootstrap, and knows neither unit nor level', () => {
    const values = autoregression(0.4, 500, 3);
    const { stationary, circular } = optimalBlockLength(values)!;
    expect(circular / stationary).toBeCloseTo(Math.cbrt(1.5), 12);
    expect(optimalBlockLength(values.map((value) => 7 - 1e-4 * value))!.stationary).toBeCloseTo(stationary, 6);
  });

  it('is at most three roots of the number of values, or a third of it', () => {
    // Differences of opposite signs leave a long-run variance near zero, which the length is divided by.
    const swing = (length: number) => autoregression(-0.95, length, 8);
    expect(optimalBlockLength(swing(400))!.circular).toBe(60);
    expect(optimalBlockLength(swing(30))!.circular).toBe(10);
  });

  it('is undefined for few values and for equal ones', () => {
    expect(optimalBlockLength(new Float64Array(0))).toBeNull();
    expect(optimalBlockLength(autoregression(0, 7, 1))).toBeNull();
    expect(optimalBlockLength(autoregression(0, 9, 1))).not.toBeNull();
    expect(optimalBlockLength(new Float64Array(100).fill(0.1))).toBeNull();
  });
});
