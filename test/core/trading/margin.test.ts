import { describe, expect, it } from 'vitest';
import { run } from '../../../src/core/engine.ts';
import { n, setupOf, testCases } from '../../support/trading-case.ts';

// A quarter of the notional is posted; below a fifth of it the position is liquidated.
const quarter = { margin: true, leverage: 4, maintenance: 0.2 } as const;

describe('margin and leverage', () => {
  testCases([
    {
      name: 'a target of 2 holds twice the equity and posts the initial margin of it',
      bars: [100, 100, 110],
      targets: { 1: 2 },
      allows: quarter,
      // 20 x 100 / 4 posted; ten more for each of 20.
      expect: ['bar 2: buy 20 @ 100 (enterLong)'],
      after: { 2: { cash: 500, posted: 500, exposure: 2 }, 3: { equity: 1200 } },
    },
    {
      name: 'more than the leverage allows is shrunk to it',
      bars: [100, 100],
      orders: { 1: [{ quantity: 80 }] },
      allows: quarter,
      // 2000 of margin for 1000.
      expect: ['bar 2: buy 40 @ 100 (market), factor 0.5'],
      after: { 2: { cash: 0, posted: 1000 } },
    },
    {
      name: 'the fee is paid out of the same cash as the margin',
      bars: [100, 100],
      orders: { 1: [{ quantity: 40 }] },
      costs: { taker: 0.01 },
      allows: quarter,
      // 25 of margin and 1 of fee for each: 1000 / 26 units, 1000 / 1040 of what was asked for.
      expect: [`bar 2: buy ${n(1000 / 26)} @ 100 (market), fee ${n(1000 / 26)}, factor ${n(1000 / 1040)}`],
    },
    {
      name: 'without leverage a margin account holds no more than its equity',
      bars: [100, 100],
      targets: { 1: 2 },
      allows: { margin: true },
      expect: ['bar 2: buy 10 @ 100 (enterLong), factor 0.5'],
    },
    {
      name: 'a short position posts margin and gains where the price falls',
      bars: [100, 100, 90],
      targets: { 1: -1 },
      allows: quarter,
      expect: ['bar 2: sell 10 @ 100 (enterShort)'],
      after: { 2: { cash: 750, posted: 250, exposure: -1 }, 3: { equity: 1100 } },
    },
    {
      name: 'a short position loses where the price rises, and more than everything where nothing is maintained',
      bars: [100, 100, 210],
      targets: { 1: -1 },
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'waiting: buy market'],
      after: { 3: { equity: -100 } },
    },
    {
      name: 'an addition settles the profit so far and posts the margin of the whole position at the new price',
      bars: [100, 100, 120],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: 10 }] },
      allows: quarter,
      // 750 + 250 + 200 of profit - 20 x 30.
      expect: ['bar 2: buy 10 @ 100 (market)', 'bar 3: buy 10 @ 120 (market)'],
      after: { 3: { cash: 600, posted: 600, basis: 120, entryPrice: 110, equity: 1200 } },
    },
    {
      name: 'after an addition the liquidation price is that of the whole position at its new margin',
      bars: [100, 100, 120, [120, 120, 112, 115]],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: 10 }] },
      allows: quarter,
      // (120 - 30) / 0.8 = 112.5.
      expect: ['bar 2: buy 10 @ 100 (market)', 'bar 3: buy 10 @ 120 (market)', 'bar 4: sell 20 @ 112.5 (liquidation)'],
      // 600 of cash, 600 of margin less 20 x 7.5.
      after: { 4: { cash: 1050 } },
    },
    {
      name: 'an addition after a loss makes up for it out of the cash',
      bars: [100, 100, 95],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: 10 }] },
      allows: quarter,
      // 750 + 250 - 50 - 20 x 23.75.
      expect: ['bar 2: buy 10 @ 100 (market)', 'bar 3: buy 10 @ 95 (market)'],
      after: { 3: { cash: 475, posted: 475, basis: 95, entryPrice: 97.5, equity: 950 } },
    },
    {
      name: 'the profit that an addition sets free may pay for it',
      bars: [100, 100, 120],
      orders: { 1: [{ quantity: 40 }], 2: [{ quantity: 10 }] },
      allows: quarter,
      // No cash is left, but 1800 stand behind 40 x 30 = 1200: 600 are free for 10 x 30.
      expect: ['bar 2: buy 40 @ 100 (market)', 'bar 3: buy 10 @ 120 (market)'],
      after: { 3: { cash: 300, posted: 1500 } },
    },
    {
      name: 'a reduction sets its share of margin and profit free, and leaves the liquidation price where it was',
      bars: [100, 100, 120, [120, 120, 93, 95]],
      orders: { 1: [{ quantity: 20 }], 2: [{ quantity: -10 }] },
      allows: quarter,
      // 500 + 250 + 200; then (100 - 25) / 0.8 = 93.75.
      expect: ['bar 2: buy 20 @ 100 (market)', 'bar 3: sell 10 @ 120 (market)', 'bar 4: sell 10 @ 93.75 (liquidation)'],
      after: { 3: { cash: 950, posted: 250, basis: 100 }, 4: { cash: 1137.5 } },
    },
    {
      name: 'a turn sets everything free and posts anew',
      bars: [100, 100, 120],
      targets: { 1: 1, 2: -1 },
      allows: quarter,
      // 1200 / 120 short, 10 x 30 posted.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 120 (enterShort)', 'bar 3: sell 10 @ 120 (enterShort)'],
      after: { 3: { cash: 900, posted: 300, basis: 120, equity: 1200 } },
    },
  ]);
});

describe('liquidation', () => {
  testCases([
    {
      name: 'it happens where the low touches the price at which the margin is used up: there',
      bars: [100, 100, [100, 100, 93.75, 96]],
      targets: { 1: 4 },
      allows: quarter,
      // (100 - 25) / 0.8 = 93.75; 1000 - 40 x 6.25 are left.
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 93.75 (liquidation)'],
      after: { 3: { cash: 750, shortfall: 0 } },
    },
    {
      name: 'it does not happen a cent above',
      bars: [100, 100, [100, 100, 93.76, 96]],
      targets: { 1: 4 },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)'],
    },
    {
      name: 'it may happen in the bar of the entry',
      bars: [100, [100, 100, 90, 96]],
      targets: { 1: 4 },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 2: sell 40 @ 93.75 (liquidation)'],
    },
    {
      name: 'on a gap it fills at the open',
      bars: [100, 100, [80, 85, 79, 84]],
      targets: { 1: 4 },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 80 (liquidationGap)'],
      after: { 3: { cash: 200, shortfall: 0 } },
    },
    {
      name: 'on a gap beyond all of the margin no more than the margin is lost, the rest is the shortfall',
      bars: [100, 100, [70, 71, 69, 70]],
      targets: { 1: 4 },
      allows: quarter,
      // 40 x 30 = 1200 against 1000.
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 70 (liquidationGap)'],
      after: { 3: { cash: 0, shortfall: 200, equity: 0 } },
    },
    {
      name: 'the cash beside the margin is safe',
      bars: [100, 100, [70, 71, 69, 70]],
      targets: { 1: 2 },
      allows: quarter,
      // 20 x 30 = 600 against 500 of margin.
      expect: ['bar 2: buy 20 @ 100 (enterLong)', 'bar 3: sell 20 @ 70 (liquidationGap)'],
      after: { 3: { cash: 500, shortfall: 100 } },
    },
    {
      name: 'it has its own fee, no slippage, and pays no other fee',
      bars: [100, 100, [100, 100, 93, 96]],
      targets: { 1: 2 },
      costs: { slippage: 0 },
      allows: { ...quarter, liquidationFee: 0.01 },
      // 20 x 93.75 x 1 %.
      expect: ['bar 2: buy 20 @ 100 (enterLong)', 'bar 3: sell 20 @ 93.75 (liquidation), fee 18.75'],
      after: { 3: { cash: 1000 - 125 - 18.75 } },
    },
    {
      name: 'a fee beyond the margin is part of the shortfall',
      bars: [100, 100, [75.5, 76, 75, 75]],
      targets: { 1: 4 },
      allows: { ...quarter, liquidationFee: 0.01 },
      // 1000 - 40 x 24.5 = 20 are left for a fee of 30.2.
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 75.5 (liquidationGap), fee 30.2'],
      after: { 3: { cash: 0, shortfall: 10.2 } },
    },
    {
      name: 'of a short position it lies above',
      bars: [100, 100, [100, 105, 99, 102]],
      targets: { 1: -4 },
      allows: quarter,
      // (100 + 25) / 1.2.
      expect: ['bar 2: sell 40 @ 100 (enterShort)', `bar 3: buy 40 @ ${n(125 / 1.2)} (liquidation)`],
      after: { 3: { cash: 1000 - 40 * (125 / 1.2 - 100) } },
    },
    {
      name: 'of a short position on a gap beyond the margin',
      bars: [100, 100, [130, 131, 129, 130]],
      targets: { 1: -4 },
      allows: quarter,
      expect: ['bar 2: sell 40 @ 100 (enterShort)', 'bar 3: buy 40 @ 130 (liquidationGap)'],
      after: { 3: { cash: 0, shortfall: 200 } },
    },
    {
      name: 'a stop loss that lies before it is reached first',
      bars: [100, 100, [100, 100, 90, 92]],
      targets: { 1: 4 },
      rules: { guards: { stopLoss: 0.05 } },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 95 (stopLoss)'],
    },
    {
      name: 'a stop loss that lies behind it is never reached',
      bars: [100, 100, [100, 100, 90, 92]],
      targets: { 1: 4 },
      rules: { guards: { stopLoss: 0.08 } },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 93.75 (liquidation)'],
    },
    {
      name: 'a gap through the stop into the liquidation is a liquidation',
      bars: [100, 100, [90, 91, 89, 90]],
      targets: { 1: 4 },
      rules: { guards: { stopLoss: 0.08 } },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 90 (liquidationGap)'],
    },
    {
      name: 'an opening beyond the margin is a liquidation, though a stop lay nearer',
      bars: [100, 100, [70, 71, 69, 70]],
      targets: { 1: 4 },
      rules: { guards: { stopLoss: 0.05 } },
      allows: quarter,
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 70 (liquidationGap)'],
      after: { 3: { cash: 0, shortfall: 200 } },
    },
    {
      name: 'with a target in the same bar it comes first, and the bar is ambiguous',
      bars: [100, 100, [100, 111, 93, 100]],
      targets: { 1: 4 },
      rules: { guards: { takeProfit: 0.1 } },
      allows: quarter,
      expect: [
        'bar 2: buy 40 @ 100 (enterLong)',
        'bar 3: ambiguous: liquidation and takeProfit within one bar',
        'bar 3: sell 40 @ 93.75 (liquidation)',
      ],
    },
    {
      name: 'it withdraws what waits to add to the position',
      bars: [100, 100, [100, 100, 93, 96], 80],
      orders: { 1: [{ quantity: 20 }], 2: [{ kind: 'limit', quantity: 5, limit: 92 }] },
      allows: quarter,
      expect: ['bar 2: buy 20 @ 100 (market)', 'bar 3: no limit: withdrawn by liquidation', 'bar 3: sell 20 @ 93.75 (liquidation)'],
    },
    {
      name: 'one market is liquidated, the other one keeps its margin',
      markets: { a: [100, 100, [60, 60, 60, 60]], b: [100, 100, 100] },
      targets: { 1: 2 },
      allows: quarter,
      // 500 each; a loses its 500, and 300 more that others bear.
      expect: ['bar 2: buy 20 a @ 100 (enterLong)', 'bar 2: buy 20 b @ 100 (enterLong)', 'bar 3: sell 20 a @ 60 (liquidationGap)'],
      after: { 3: { equity: 500, shortfall: 300, 'b posted': 500, 'b quantity': 20 } },
    },
    {
      name: 'without leverage a long position is never liquidated',
      bars: [100, 100, 1],
      targets: { 1: 1 },
      allows: { margin: true, maintenance: 0.2 },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 3: { equity: 10 } },
    },
  ]);
});

describe('funding', () => {
  testCases([
    {
      name: 'a long position pays the rate on its value at the open, before the fills of that instant',
      bars: [100, 100, [110, 110, 110, 110], 120],
      targets: { 1: 1, 3: 0 },
      allows: { margin: true },
      funding: { 1: 0.01, 2: 0.01, 3: 0.01, 4: 0.01 },
      // Nothing at bar 2, where it is bought; 11 at bar 3; 12 at bar 4, though it is sold there.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 120 (exit)'],
      after: { 2: { funding: 0 }, 3: { funding: 11, equity: 1089 }, 4: { funding: 23, cash: 1177 } },
    },
    {
      name: 'a short position receives it',
      bars: [100, 100, 100],
      targets: { 1: -1 },
      allows: { margin: true },
      funding: { 1: 0, 2: 0, 3: 0.01 },
      expect: ['bar 2: sell 10 @ 100 (enterShort)'],
      after: { 3: { funding: -10, equity: 1010 } },
    },
    {
      name: 'a negative rate is paid by the short position',
      bars: [100, 100, 100],
      targets: { 1: -1 },
      allows: { margin: true },
      funding: { 1: 0, 2: 0, 3: -0.01 },
      expect: ['bar 2: sell 10 @ 100 (enterShort)'],
      after: { 3: { funding: 10, equity: 990 } },
    },
    {
      name: 'what was due while bars are missing is paid at the open of the next one',
      bars: [100, 100, null, 100],
      targets: { 1: 1 },
      allows: { margin: true },
      funding: { 1: 0, 2: 0, 3: 0.01, 4: 0.02 },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 4: { funding: 30 } },
    },
    {
      name: 'a bar without volume pays all the same',
      bars: [100, 100, [100, 100, 100, 100, 0]],
      targets: { 1: 1 },
      allows: { margin: true },
      funding: { 1: 0, 2: 0, 3: 0.01 },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 3: { funding: 10 } },
    },
    {
      name: 'it is paid out of the margin, which moves the liquidation nearer',
      bars: [100, 100, [100, 100, 94.9, 96]],
      targets: { 1: 4 },
      allows: quarter,
      funding: { 1: 0, 2: 0, 3: 0.01 },
      // 40 of 1000 paid: (100 - 24) / 0.8 = 95; 960 - 40 x 5.
      expect: ['bar 2: buy 40 @ 100 (enterLong)', 'bar 3: sell 40 @ 95 (liquidation)'],
      after: { 3: { cash: 760 } },
    },
  ]);

  it('refuses to go on where a rate is missing while a position is held', () => {
    const setup = setupOf({ name: '', bars: [100, 100, 100, 100, 100], targets: { 1: 1 }, funding: { 1: 0, 2: 0 }, expect: [] });
    expect(() => run(setup)).toThrow('Expected a funding rate of X for every bar with a position, received none');
  });
});

describe('interest on what is borrowed', () => {
  // 8.766 a year of 8766 hours: a thousandth an hour.
  const borrowed = { margin: true, borrow: 8.766 } as const;
  testCases([
    {
      name: 'a short position pays it for the time since the bar before, on its value at the open',
      bars: [100, 100, 100, [120, 120, 120, 120]],
      targets: { 1: -1 },
      allows: borrowed,
      // 1 at bar 3, 1.2 at bar 4.
      expect: ['bar 2: sell 10 @ 100 (enterShort)'],
      after: { 2: { interest: 0 }, 3: { interest: 1, equity: 999 }, 4: { interest: 2.2, equity: 797.8 } },
    },
    {
      name: 'for missing bars as well',
      bars: [100, 100, null, null, 100],
      targets: { 1: -1 },
      allows: borrowed,
      expect: ['bar 2: sell 10 @ 100 (enterShort)'],
      after: { 5: { interest: 3 } },
    },
    {
      name: 'a long position larger than the account pays it on what it costs beyond the account',
      bars: [100, 100, [120, 120, 120, 120]],
      targets: { 1: 2 },
      allows: { ...borrowed, leverage: 4, maintenance: 0.01 },
      // 20 units for 2000, 500 of it margin, 500 left as cash: 1000 are borrowed. 1000 + 20 x 20 - 1.
      expect: ['bar 2: buy 20 @ 100 (enterLong)'],
      after: { 2: { interest: 0 }, 3: { interest: 1, equity: 1399 } },
    },
    {
      name: 'a long position within the account pays none, levered or not',
      bars: [100, 100, 100],
      targets: { 1: 0.8 },
      allows: { ...borrowed, leverage: 4, maintenance: 0.01 },
      expect: ['bar 2: buy 8 @ 100 (enterLong)'],
      after: { 3: { interest: 0 } },
    },
    {
      name: 'a long position without leverage pays none',
      bars: [100, 100, 100],
      targets: { 1: 1 },
      allows: borrowed,
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 3: { interest: 0 } },
    },
  ]);
});
