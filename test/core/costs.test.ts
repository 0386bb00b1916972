import { describe, expect, it } from 'vitest';
import { feeOf, slippageOf, unitCost } from '../../src/core/costs.ts';

const plain = { taker: 0.01, maker: 0.002, slippage: 0 };

describe('the fee of a fill', () => {
  it.each([
    ['a taker', plain, false, 4],
    ['a maker', plain, true, 0.8],
    ['a maker without a rate of its own', { taker: 0.01, slippage: 0 }, true, 4],
    ['with a fee for each unit', { ...plain, perUnit: 0.5 }, false, 6],
    ['below the minimum', { ...plain, minimum: 5 }, false, 5],
    ['above the minimum', { ...plain, minimum: 3 }, false, 4],
    ['a maker who is paid', { ...plain, maker: -0.001 }, true, -0.4],
  ])('of 4 units at 100: %s', (_, costs, maker, expected) => {
    expect(feeOf(costs, 4, 100, maker)).toBeCloseTo(expected, 12);
  });
});

describe('what one unit costs, its fee included', () => {
  it.each([
    ['a taker', plain, false, 101],
    ['a maker', plain, true, 100.2],
    ['with a fee for each unit', { ...plain, perUnit: 0.5 }, false, 101.5],
    // 100 buys 0.99 units.
    ['in base', { ...plain, currency: 'base' as const }, false, 100 / 0.99],
  ])('at 100: %s', (_, costs, maker, expected) => {
    expect(unitCost(costs, 100, maker)).toBeCloseTo(expected, 12);
  });
});

describe('slippage as a fraction of the price', () => {
  const share = { taker: 0, slippage: { kind: 'volume-share', impact: 0.1 } } as const;
  it.each([
    ['fixed', { taker: 0, slippage: 0.0005 }, 5, 20, 0.0005],
    ['a quarter of the volume', share, 5, 20, 0.1 / 16],
    ['all of the volume', share, 20, 20, 0.1],
    ['more than the volume', share, 50, 20, 0.1],
    ['no volume', share, 5, 0, 0],
  ] as const)('%s', (_, costs, quantity, volume, expected) => {
    expect(slippageOf(costs, quantity, volume, 'id', 0)).toBeCloseTo(expected, 15);
  });

  it('as measured is the same for one id and time, whatever the quantity, and every value comes up', () => {
    const costs = { taker: 0, slippage: { kind: 'measured', sample: [1, 2, 3] } } as const;
    const draw = (id: string, time: number, quantity = 1) => slippageOf(costs, quantity, 1, id, time);
    expect(draw('a', 7)).toBe(draw('a', 7, 99));
    expect(new Set(Array.from({ length: 50 }, (_, time) => draw('a', time)))).toEqual(new Set([1, 2, 3]));
    expect(new Set(Array.from({ length: 50 }, (_, k) => draw(`order ${k}`, 7)))).toEqual(new Set([1, 2, 3]));
  });
});
