import { describe, expect, it } from 'vitest';
import { run } from '../../../src/core/engine.ts';
import { n, setupOf, testCases } from '../../support/trading-case.ts';

describe('fees', () => {
  testCases([
    {
      name: 'without a rate for makers they pay the one of takers',
      bars: [100, [100, 101, 94, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 4, limit: 95 }] },
      costs: { taker: 0.01 },
      expect: ['bar 2: buy 4 @ 95 (limit), fee 3.8, maker'],
    },
    {
      name: 'a maker may be paid: a negative rate adds to the cash',
      bars: [100, [100, 101, 94, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 4, limit: 95 }] },
      costs: { taker: 0.01, maker: -0.001 },
      expect: ['bar 2: buy 4 @ 95 (limit), fee -0.38, maker'],
      after: { 2: { equity: 1000.38 } },
    },
    {
      name: 'a small fill pays the minimum',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 1 }], 2: [{ quantity: 5 }] },
      costs: { taker: 0.01, minimum: 2 },
      expect: ['bar 2: buy 1 @ 100 (market), fee 2', 'bar 3: buy 5 @ 100 (market), fee 5'],
    },
    {
      name: 'a fee for each unit comes on top of the rate',
      bars: [100, 100],
      orders: { 1: [{ quantity: 4 }] },
      costs: { taker: 0.01, perUnit: 0.5 },
      // 4 + 4 x 0.5.
      expect: ['bar 2: buy 4 @ 100 (market), fee 6'],
    },
    {
      name: 'a full position leaves room for a fee for each unit',
      bars: [100, 100],
      targets: { 1: 1 },
      costs: { perUnit: 25 },
      // 1000 / 125.
      expect: ['bar 2: buy 8 @ 100 (enterLong), fee 200'],
      after: { 2: { cash: 0 } },
    },
    {
      name: 'a full position leaves room for the minimum',
      bars: [100, 100],
      targets: { 1: 1 },
      costs: { minimum: 10 },
      // 990 of 1000 are left to buy with.
      expect: ['bar 2: buy 9.9 @ 100 (enterLong), fee 10, factor 0.99'],
      after: { 2: { cash: 0 } },
    },
    {
      name: 'a minimum larger than the cash refuses the order',
      bars: [100, 100],
      targets: { 1: 1 },
      rules: { capital: 5 },
      costs: { minimum: 10 },
      expect: ['bar 2: no market: no cash left'],
    },
    {
      name: 'two markets that both pay the minimum are shrunk by one factor',
      markets: { a: [100, 100], b: [100, 100] },
      orders: {
        1: [
          { market: 'a', quantity: 10 },
          { market: 'b', quantity: 10 },
        ],
      },
      costs: { minimum: 10 },
      // 1000 - 2 x 10 = 980 for 2000.
      expect: ['bar 2: buy 4.9 a @ 100 (market), fee 10, factor 0.49', 'bar 2: buy 4.9 b @ 100 (market), fee 10, factor 0.49'],
    },
    {
      name: 'a sale that brings less than its minimum fee pays what it brings, so that the cash is never below 0',
      bars: [100, 100, 2],
      targets: { 1: 1, 2: 0 },
      costs: { minimum: 50 },
      // 950 buys 9.5; they are worth 19.
      expect: ['bar 2: buy 9.5 @ 100 (enterLong), fee 50, factor 0.95', 'bar 3: sell 9.5 @ 2 (exit), fee 19'],
      after: { 3: { cash: 0, equity: 0 } },
    },
    {
      name: 'a fee that makes an order too small refuses it',
      bars: [100, 100],
      orders: { 1: [{ quantity: 10 }] },
      costs: { taker: 0.01 },
      allows: { minimumNotional: 1000 },
      // 1000 / 1.01 = 990.1 are left for the order.
      expect: ['bar 2: no market: worth less than the minimum notional 1000'],
    },
    {
      name: 'a minimum fee that makes an order too small refuses it',
      bars: [100, 100],
      orders: { 1: [{ quantity: 10 }] },
      costs: { minimum: 1 },
      allows: { minimumQuantity: 10 },
      expect: ['bar 2: no market: smaller than the minimum quantity 10'],
    },
    {
      name: 'in base, the fee of a purchase is taken from the units received',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -2 }] },
      costs: { taker: 0.01, currency: 'base' },
      // 5 less 0.05; a sale pays in quote.
      expect: ['bar 2: buy 5 @ 100 (market), fee 5', 'bar 3: sell 2 @ 100 (market), fee 2'],
      after: { 2: { quantity: 4.95, cash: 500, equity: 995 }, 3: { quantity: 2.95, cash: 698 } },
    },
    {
      name: 'in base, a full position spends all cash',
      bars: [100, 100],
      targets: { 1: 1 },
      costs: { taker: 0.01, currency: 'base' },
      expect: ['bar 2: buy 10 @ 100 (enterLong), fee 10'],
      after: { 2: { quantity: 9.9, cash: 0 } },
    },
    {
      name: 'in base, a full position by limit spends all cash, with the fee of a maker',
      bars: [100, [100, 100, 79, 80]],
      targets: { 1: 1 },
      rules: { entry: { kind: 'limit', offset: 0.2 } },
      costs: { taker: 0.01, maker: 0.002, currency: 'base' },
      expect: ['bar 2: buy 12.5 @ 80 (enterLong), fee 2, maker'],
      after: { 2: { quantity: 12.475, cash: 0 } },
    },
    {
      name: 'in base, a purchase whose minimum fee would take all of it is refused',
      bars: [100, 100],
      orders: { 1: [{ quantity: 0.01 }] },
      costs: { minimum: 1, currency: 'base' },
      expect: ['bar 2: no market: worth less than its fee'],
      after: { 2: { cash: 1000, quantity: 0 } },
    },
    {
      name: 'in base, a stop sells exactly what was received',
      bars: [100, 100, [100, 100, 94, 96]],
      orders: { 1: [{ quantity: 5 }] },
      rules: { guards: { stopLoss: 0.05 } },
      costs: { taker: 0.01, currency: 'base' },
      expect: ['bar 2: buy 5 @ 100 (market), fee 5', 'bar 3: sell 4.95 @ 95 (stopLoss), fee 4.7025'],
      after: { 3: { quantity: 0 } },
    },
    {
      name: 'in base, the stop of an order for what was bought sells what is there',
      bars: [100, 100, [100, 100, 94, 96]],
      orders: { 1: [{ quantity: 5 }, { kind: 'stop', quantity: -5, trigger: 95 }] },
      costs: { taker: 0.01, currency: 'base' },
      expect: ['bar 2: buy 5 @ 100 (market), fee 5', 'bar 3: sell 4.95 @ 95 (stop), fee 4.7025'],
      after: { 3: { quantity: 0 } },
    },
    {
      name: 'in base and in lots a position that is no whole lot is given up whole: no dust',
      bars: [100, 100, 100],
      targets: { 1: 1, 2: 0 },
      costs: { taker: 0.01, currency: 'base' },
      allows: { lot: 1 },
      expect: ['bar 2: buy 10 @ 100 (enterLong), fee 10', 'bar 3: sell 9.9 @ 100 (exit), fee 9.9'],
      after: { 3: { quantity: 0 } },
    },
  ]);
});

describe('slippage', () => {
  testCases([
    {
      name: 'by volume share it is the impact times the square of the share that is taken',
      bars: [100, [100, 100, 100, 100, 20], [100, 100, 100, 100, 20]],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -5 }] },
      costs: { slippage: { kind: 'volume-share', impact: 0.1 } },
      // 0.1 x (5 / 20)^2 = 0.00625.
      expect: ['bar 2: buy 5 @ 100.625 (market), slippage 3.125', 'bar 3: sell 5 @ 99.375 (market), slippage 3.125'],
    },
    {
      name: 'by volume share it grows no further than the whole volume',
      bars: [100, [100, 100, 100, 100, 2]],
      orders: { 1: [{ quantity: 5 }] },
      costs: { slippage: { kind: 'volume-share', impact: 0.1 } },
      expect: ['bar 2: buy 5 @ 110 (market), slippage 50'],
    },
    {
      name: 'by volume share of what the cap lets through',
      bars: [100, [100, 100, 100, 100, 20], [100, 100, 100, 100, 20]],
      orders: { 1: [{ quantity: 7 }] },
      rules: { volumeCap: { share: 0.25, quantity: 'resolve' } },
      costs: { slippage: { kind: 'volume-share', impact: 0.1 } },
      // 5 of 20, then 2 of 20: 0.1 x 0.01.
      expect: ['bar 2: buy 5 @ 100.625 (market), slippage 3.125', 'bar 3: buy 2 @ 100.1 (market), slippage 0.2'],
    },
    {
      name: 'as measured, where one value was measured',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5 }] },
      costs: { slippage: { kind: 'measured', sample: [0.02] } },
      expect: ['bar 2: buy 5 @ 102 (market), slippage 10'],
    },
    {
      name: 'a price that was measured to be better is a slippage below 0',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5 }] },
      costs: { slippage: { kind: 'measured', sample: [-0.02] } },
      expect: ['bar 2: buy 5 @ 98 (market), slippage -10'],
      after: { 2: { slippage: -10, equity: 1010 } },
    },
    {
      name: 'what fills as a maker has none',
      bars: [100, [100, 100, 94, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95 }] },
      costs: { slippage: { kind: 'volume-share', impact: 0.1 } },
      expect: ['bar 2: buy 5 @ 95 (limit), maker'],
    },
  ]);

  it('as measured is drawn for each order by its id and time: the same in every run, and not the same for all', () => {
    const sample = [0, 0.01, 0.02, 0.03];
    const setup = setupOf({
      name: '',
      bars: Array.from({ length: 40 }, () => 100),
      orders: Object.fromEntries(Array.from({ length: 39 }, (_, k) => [k + 1, [{ quantity: 0.1 }]])),
      costs: { slippage: { kind: 'measured', sample } },
      expect: [],
    });
    const prices = () => run(setup).trace.events.flatMap((event) => (event.kind === 'fill' ? [event.price] : []));
    expect(prices()).toHaveLength(39);
    expect(prices()).toEqual(prices());
    expect([...new Set(prices())].sort()).toEqual([100, 101, 102, 103]);
  });
});

describe('rounding', () => {
  testCases([
    {
      name: 'a quantity is rounded down to whole lots',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5.79 }] },
      allows: { lot: 0.1 },
      expect: ['bar 2: buy 5.7 @ 100 (market)'],
    },
    {
      name: 'a quantity that is whole lots but for rounding in its last digits stays what it is',
      bars: [100, 100],
      orders: { 1: [{ quantity: 0.1 + 0.2 }] },
      allows: { lot: 0.1 },
      expect: ['bar 2: buy 0.3 @ 100 (market)'],
    },
    {
      name: 'an exposure is rounded down to whole lots, and the rest stays cash',
      bars: [100, [130, 130, 130, 130]],
      targets: { 1: 1 },
      allows: { lot: 1 },
      // 1000 / 130 = 7.69.
      expect: ['bar 2: buy 7 @ 130 (enterLong)'],
      after: { 2: { cash: 90 } },
    },
    {
      name: 'a part of a position that is sold is rounded down as well',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -2.9 }] },
      allows: { lot: 1 },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 2 @ 100 (market)'],
    },
    {
      name: 'less than one lot is refused, with the reason',
      bars: [100, 100],
      orders: { 1: [{ quantity: 0.9 }] },
      allows: { lot: 1 },
      expect: ['bar 2: no market: smaller than the lot step 1'],
    },
    {
      name: 'less than the minimum quantity is refused, with the reason',
      bars: [100, 100],
      orders: { 1: [{ quantity: 1.9 }] },
      allows: { lot: 1, minimumQuantity: 2 },
      expect: ['bar 2: no market: smaller than the minimum quantity 2'],
    },
    {
      name: 'after rounding down to lots it may be less than the minimum notional',
      bars: [100, 100],
      orders: { 1: [{ quantity: 2.9 }] },
      allows: { lot: 1, minimumNotional: 250 },
      expect: ['bar 2: no market: worth less than the minimum notional 250'],
    },
    {
      name: 'exactly the minimums is enough',
      bars: [100, 100],
      orders: { 1: [{ quantity: 2 }] },
      allows: { lot: 1, minimumNotional: 200, minimumQuantity: 2 },
      expect: ['bar 2: buy 2 @ 100 (market)'],
    },
    {
      name: 'a position is given up whole, however small it has become',
      bars: [100, 100, 10],
      targets: { 1: 0.3, 2: 0 },
      allows: { minimumNotional: 250 },
      expect: ['bar 2: buy 3 @ 100 (enterLong)', 'bar 3: sell 3 @ 10 (exit)'],
    },
    {
      name: 'a stop gives it up whole as well',
      bars: [100, 100, [100, 100, 50, 60]],
      targets: { 1: 0.3 },
      rules: { guards: { stopLoss: 0.4 } },
      allows: { minimumNotional: 250 },
      expect: ['bar 2: buy 3 @ 100 (enterLong)', 'bar 3: sell 3 @ 60 (stopLoss)'],
    },
    {
      name: 'a part of a position below the minimum is refused',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -1 }] },
      allows: { minimumNotional: 250 },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: no market: worth less than the minimum notional 250'],
    },
    {
      name: 'a turn whose other side is less than one lot ends flat',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -5.5 }] },
      allows: { lot: 1, margin: true },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 100 (market)'],
      after: { 3: { quantity: 0 } },
    },
    {
      name: 'without rules quantities are fractional',
      bars: [3, 3],
      targets: { 1: 1 },
      expect: [`bar 2: buy ${n(1000 / 3)} @ 3 (enterLong)`],
    },
    {
      name: 'a limit is put on the nearest tick',
      bars: [100, [100, 100, 94, 96]],
      orders: { 1: [{ kind: 'limit', quantity: 1, limit: 95.26 }] },
      allows: { tick: 0.05 },
      expect: ['bar 2: buy 1 @ 95.25 (limit), maker'],
    },
  ]);
});

describe('one cash account for several markets', () => {
  testCases([
    {
      name: 'two purchases at one open that need more than the cash are shrunk by one factor',
      markets: { a: [100, 100], b: [50, 50] },
      orders: {
        1: [
          { market: 'a', quantity: 10 },
          { market: 'b', quantity: 20 },
        ],
      },
      // 2000 for 1000.
      expect: ['bar 2: buy 5 a @ 100 (market), factor 0.5', 'bar 2: buy 10 b @ 50 (market), factor 0.5'],
      after: { 2: { cash: 0 } },
    },
    {
      name: 'fees count in what they need',
      markets: { a: [100, 100], b: [50, 50] },
      orders: {
        1: [
          { market: 'a', quantity: 10 },
          { market: 'b', quantity: 20 },
        ],
      },
      costs: { taker: 0.25 },
      // 2500 for 1000: factor 0.4.
      expect: ['bar 2: buy 4 a @ 100 (market), fee 100, factor 0.4', 'bar 2: buy 8 b @ 50 (market), fee 100, factor 0.4'],
    },
    {
      name: 'what is sold at that open pays for what is bought, whichever name comes first',
      markets: { a: [100, 100, 100], b: [50, 50, 60] },
      targets: { 1: { b: 1 }, 2: { a: 1, b: 0 } },
      // 20 b at 60: 1200.
      expect: ['bar 2: buy 20 b @ 50 (enterLong)', 'bar 3: sell 20 b @ 60 (exit)', 'bar 3: buy 12 a @ 100 (enterLong)'],
    },
    {
      name: 'exposures are of the equity at that open: what is held counts at its open there',
      markets: { a: [100, 100, [200, 200, 200, 200]], b: [50, 50, 50] },
      targets: { 1: { a: 0.5 }, 2: { b: 0.3 } },
      // 500 of cash and 5 x 200: 0.3 x 1500 / 50.
      expect: ['bar 2: buy 5 a @ 100 (enterLong)', 'bar 3: buy 9 b @ 50 (enterLong)'],
    },
    {
      name: 'a market without a bar counts at its last close, and its order waits',
      markets: { a: [100, 100, 120, null, 130], b: [50, 50, 50, 50, 50] },
      targets: { 1: { a: 0.5 }, 3: { a: 0, b: 0.5 } },
      // At bar 4 a counts 5 x 120: 0.5 x 1100 / 50 = 11 of b, for which 500 buys 10.
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        `bar 4: buy 10 b @ 50 (enterLong), factor ${n(10 / 11)}`,
        'bar 5: sell 5 a @ 130 (exit)',
      ],
      after: { 4: { equity: 1100 }, 5: { equity: 1150 } },
    },
    {
      name: 'a stop of one market pays for nothing that was bought at the open before it',
      markets: { a: [100, 100, [100, 100, 94, 95]], b: [50, 50, 50] },
      targets: { 1: { a: 1 }, 2: { b: 1 } },
      rules: { guards: { stopLoss: 0.05 } },
      expect: ['bar 2: buy 10 a @ 100 (enterLong)', 'bar 3: no market b: no cash left', 'bar 3: sell 10 a @ 95 (stopLoss)'],
    },
    {
      name: 'a share of equity for each market: two markets with half each',
      markets: { a: [100, 100, 100], b: [50, 50, 50] },
      targets: { 1: { a: 1 }, 2: { b: 1 } },
      rules: { share: 0.5 },
      expect: ['bar 2: buy 5 a @ 100 (enterLong)', 'bar 3: buy 10 b @ 50 (enterLong)'],
    },
  ]);
});
