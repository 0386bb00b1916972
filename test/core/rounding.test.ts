import { describe, expect, it } from 'vitest';
import { onTick, roundDown, sizeProblem } from '../../src/core/rounding.ts';

describe('a quantity is rounded down to whole lots', () => {
  it.each([
    [5.79, 0.1, 5.7],
    [5, 1, 5],
    [0.99, 1, 0],
    // 0.3 / 0.1 is 2.9999999999999996 in binary.
    [0.3, 0.1, 0.3],
    [1 - 1e-12, 1, 1],
    [1 - 1e-6, 1, 0],
    [123_456.789, 1000, 123_000],
    [1.23456789, undefined, 1.23456789],
  ])('%d in lots of %d is %d', (quantity, lot, expected) => {
    expect(roundDown(quantity, lot)).toBeCloseTo(expected, 12);
  });
});

describe('a price is put on the nearest tick', () => {
  it.each([
    [100.24, 0.5, 100],
    [100.25, 0.5, 100.5],
    [95.26, 0.05, 95.25],
    [0.2, 1, 1],
    [100.123, undefined, 100.123],
  ])('%d on ticks of %d is %d', (price, tick, expected) => {
    expect(onTick(price, tick)).toBeCloseTo(expected, 12);
  });
});

describe('a market refuses what is too small', () => {
  it.each([
    [0.9, 100, { lot: 1 }, 'smaller than the lot step 1'],
    [1.9, 100, { lot: 1, minimumQuantity: 2 }, 'smaller than the minimum quantity 2'],
    [2.9, 100, { lot: 1, minimumNotional: 250 }, 'worth less than the minimum notional 250'],
    [2.5, 100, { lot: 0.5, minimumNotional: 250, minimumQuantity: 2.5 }, undefined],
    [1e-9, 1, {}, undefined],
  ])('%d at %d where %o', (quantity, price, rules, expected) => {
    expect(sizeProblem(quantity, price, rules)).toBe(expected);
  });
});
