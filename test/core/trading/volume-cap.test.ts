import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

// Of a bar with a volume of 20 at most 2 are traded.
const tenth = { volumeCap: { share: 0.1, quantity: 'resolve' } } as const;
const fixed = { volumeCap: { share: 0.1, quantity: 'fixed' } } as const;
const quiet = (price: number, volume = 20) => [price, price, price, price, volume];

describe('the volume cap', () => {
  testCases([
    {
      name: 'an order that is too large for a bar fills in parts, over five bars',
      bars: [quiet(100), quiet(100), quiet(99), quiet(98), quiet(97), quiet(96), quiet(95)],
      orders: { 1: [{ quantity: 9 }] },
      rules: tenth,
      expect: [
        'bar 2: buy 2 @ 100 (market)',
        'bar 3: buy 2 @ 99 (market)',
        'bar 4: buy 2 @ 98 (market)',
        'bar 5: buy 2 @ 97 (market)',
        'bar 6: buy 1 @ 96 (market)',
      ],
      after: { 7: { quantity: 9, entryPrice: (200 + 198 + 196 + 194 + 96) / 9 } },
    },
    {
      name: 'an exposure is resolved at each bar again: what the cash buys at the lower price',
      bars: [100, quiet(100, 40), quiet(50, 40), quiet(50, 200)],
      targets: { 1: 1 },
      rules: tenth,
      // 4 x 100, 4 x 50, then 400 at 50.
      expect: ['bar 2: buy 4 @ 100 (enterLong)', 'bar 3: buy 4 @ 50 (enterLong)', 'bar 4: buy 8 @ 50 (enterLong)'],
      after: { 4: { cash: 0 } },
    },
    {
      name: 'fixed, it keeps the quantity of its first bar',
      bars: [100, quiet(100, 40), quiet(50, 40), quiet(50, 200)],
      targets: { 1: 1 },
      rules: fixed,
      expect: ['bar 2: buy 4 @ 100 (enterLong)', 'bar 3: buy 4 @ 50 (enterLong)', 'bar 4: buy 2 @ 50 (enterLong)'],
      after: { 4: { quantity: 10, cash: 300 } },
    },
    {
      name: 'fixed, it ends where the cash does not suffice for the rest',
      bars: [100, quiet(100, 40), quiet(200, 100), quiet(200, 100)],
      targets: { 1: 1 },
      rules: fixed,
      // 6 are left; 600 buys 3 of them at 200.
      expect: ['bar 2: buy 4 @ 100 (enterLong)', 'bar 3: buy 3 @ 200 (enterLong), factor 0.5'],
    },
    {
      name: 'an exit goes on until nothing is left',
      bars: [100, 100, quiet(100, 40), quiet(90, 40), quiet(80, 40)],
      targets: { 1: 1, 2: 0 },
      rules: tenth,
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 4 @ 100 (exit)', 'bar 4: sell 4 @ 90 (exit)', 'bar 5: sell 2 @ 80 (exit)'],
      after: { 5: { quantity: 0 } },
    },
    {
      name: 'an opposite decision cancels what is left of an entry',
      bars: [100, quiet(100), quiet(100), 100],
      targets: { 1: 1, 2: 0 },
      rules: tenth,
      expect: ['bar 2: buy 2 @ 100 (enterLong)', 'bar 2: no market: replaced by a later decision', 'bar 3: sell 2 @ 100 (exit)'],
    },
    {
      name: 'an opposite decision cancels what is left of an exit, and buys the rest again',
      bars: [100, 100, quiet(100), 100, 100],
      targets: { 1: 1, 2: 0, 3: 1 },
      rules: tenth,
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 2 @ 100 (exit)',
        'bar 3: no market: replaced by a later decision',
        'bar 4: buy 2 @ 100 (enterLong)',
      ],
    },
    {
      name: 'a turn while capped first sells what is held, then goes short bar by bar',
      bars: [100, 100, quiet(100, 40), quiet(100, 40), quiet(100, 40), quiet(100, 1000)],
      targets: { 1: 1, 2: -0.5 },
      rules: tenth,
      allows: { margin: true },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 4 @ 100 (enterShort)',
        'bar 4: sell 4 @ 100 (enterShort)',
        'bar 5: sell 2 @ 100 (enterShort)',
        'bar 5: sell 2 @ 100 (enterShort)',
        'bar 6: sell 3 @ 100 (enterShort)',
      ],
      after: { 6: { quantity: -5 } },
    },
    {
      name: 'time in force cancels the rest, and what was bought stays',
      bars: [100, quiet(100), quiet(100), quiet(100)],
      orders: { 1: [{ quantity: 9, timeInForce: 2 }] },
      rules: tenth,
      expect: ['bar 2: buy 2 @ 100 (market)', 'bar 3: buy 2 @ 100 (market)', 'bar 3: no market: expired after 2 bars'],
      after: { 4: { quantity: 4 } },
    },
    {
      name: 'what is withdrawn after a fill in part keeps what it bought',
      bars: [100, quiet(100), quiet(100), quiet(100)],
      orders: { 1: [{ quantity: 9 }] },
      cancel: [2],
      rules: tenth,
      expect: ['bar 2: buy 2 @ 100 (market)', 'bar 2: no market: cancelled'],
      after: { 4: { quantity: 2 } },
    },
    {
      name: 'two orders of one market share the volume of the bar',
      bars: [100, quiet(100, 50), quiet(100, 50)],
      orders: { 1: [{ quantity: 3 }, { quantity: 4 }] },
      rules: tenth,
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 2: buy 2 @ 100 (market)', 'bar 3: buy 2 @ 100 (market)'],
    },
    {
      name: 'a limit that fills in part waits at its limit, and fills as a maker again',
      bars: [100, [100, 100, 94, 96, 20], quiet(96), [93, 94, 92, 93, 20]],
      orders: { 1: [{ kind: 'limit', quantity: 4, limit: 95 }] },
      rules: tenth,
      expect: ['bar 2: buy 2 @ 95 (limit), maker', 'bar 4: buy 2 @ 93 (limit), maker'],
    },
    {
      name: 'a limit that took in part at its first open waits at its limit for the rest',
      bars: [100, [94, 94, 94, 94, 20], [100, 101, 96, 97, 20], [97, 98, 94, 96, 20]],
      orders: { 1: [{ kind: 'limit', quantity: 4, limit: 95 }] },
      rules: tenth,
      expect: ['bar 2: buy 2 @ 94 (limit)', 'bar 4: buy 2 @ 95 (limit), maker'],
    },
    {
      name: 'a protective exit that the volume cannot take goes on at the next opens',
      bars: [100, 100, [100, 100, 94, 96, 40], quiet(97, 40), quiet(98, 40)],
      targets: { 1: 1 },
      rules: { ...tenth, guards: { stopLoss: 0.05 } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 4 @ 95 (stopLoss)',
        'bar 4: sell 4 @ 97 (stopLoss)',
        'bar 5: sell 2 @ 98 (stopLoss)',
      ],
    },
    {
      name: 'with fill next-close it goes on at the next opens as well: it is in the market already',
      bars: [100, 100, [100, 100, 94, 96, 40], [97, 99, 96, 98, 1000]],
      targets: { 1: 1 },
      rules: { ...tenth, guards: { stopLoss: 0.05 }, fill: 'next-close' },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 4 @ 95 (stopLoss)', 'bar 4: sell 6 @ 97 (stopLoss)'],
    },
    {
      name: 'with fill this-close too',
      bars: [100, [100, 100, 94, 96, 40], [97, 99, 96, 98, 1000]],
      targets: { 1: 1 },
      rules: { ...tenth, guards: { stopLoss: 0.05 }, fill: 'this-close' },
      expect: ['bar 1: buy 10 @ 100 (enterLong)', 'bar 2: sell 4 @ 95 (stopLoss)', 'bar 3: sell 6 @ 97 (stopLoss)'],
    },
    {
      name: 'a level policy that still wants to be long is back only once the exit is through, by a decision made after it',
      bars: [100, 100, [100, 100, 94, 96, 40], quiet(97, 40), quiet(98, 40), 100],
      level: [1, 1, 1, 1, 1, 1],
      rules: { ...tenth, guards: { stopLoss: 0.05 } },
      // 4 x 95 + 4 x 97 + 2 x 98 = 964.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 4 @ 95 (stopLoss)',
        'bar 4: sell 4 @ 97 (stopLoss)',
        'bar 5: sell 2 @ 98 (stopLoss)',
        'bar 6: buy 9.64 @ 100 (enterLong)',
      ],
    },
    {
      name: 'a position is liquidated whole, whatever the volume',
      bars: [100, 100, [100, 100, 80, 85, 10]],
      targets: { 1: 5 },
      rules: tenth,
      allows: { margin: true, leverage: 5, maintenance: 0.1 },
      // 50 units on 1000 of margin: (100 - 20) / 0.9.
      expect: ['bar 2: buy 50 @ 100 (enterLong)', `bar 3: sell 50 @ ${n(80 / 0.9)} (liquidation)`],
    },
    {
      name: 'a share of the volume that is no whole lot is rounded down',
      bars: [100, quiet(100, 25), quiet(100, 25)],
      orders: { 1: [{ quantity: 4 }] },
      rules: tenth,
      allows: { lot: 1 },
      expect: ['bar 2: buy 2 @ 100 (market)', 'bar 3: buy 2 @ 100 (market)'],
    },
    {
      name: 'a share of the volume below one lot fills nothing, and the order waits',
      bars: [100, quiet(100, 5), quiet(100, 1000)],
      orders: { 1: [{ quantity: 4 }] },
      rules: tenth,
      allows: { lot: 1 },
      expect: ['bar 3: buy 4 @ 100 (market)'],
    },
    {
      name: 'an order in parts ends without a rest that is no whole lot',
      bars: [100, quiet(100, 40), quiet(100, 40), quiet(100, 40)],
      orders: { 1: [{ quantity: 8.5 }] },
      rules: tenth,
      allows: { lot: 1 },
      expect: ['bar 2: buy 4 @ 100 (market)', 'bar 3: buy 4 @ 100 (market)'],
      after: { 4: { quantity: 8 } },
    },
    {
      name: 'a sale in parts ends without a rest that is no whole lot, and without a fee for nothing',
      bars: [100, 100, quiet(100, 40), quiet(100, 40), quiet(100, 40)],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: -8.5 }] },
      rules: { ...tenth, capital: 2000 },
      costs: { minimum: 1 },
      allows: { lot: 1 },
      expect: ['bar 2: buy 10 @ 100 (market), fee 1', 'bar 3: sell 4 @ 100 (market), fee 1', 'bar 4: sell 4 @ 100 (market), fee 1'],
      after: { 5: { quantity: 2 } },
    },
    {
      name: 'a whole order in lots that just fits the volume leaves nothing waiting',
      bars: [100, quiet(100, 52), quiet(100, 52)],
      orders: { 1: [{ quantity: 5.7 }] },
      rules: tenth,
      allows: { lot: 1 },
      // 5.2 may be traded; of 5.7 only 5 are an order.
      expect: ['bar 2: buy 5 @ 100 (market)'],
    },
    {
      name: 'parts need not be as large as the smallest order: the whole order is',
      bars: [100, quiet(100), quiet(100), quiet(100)],
      orders: { 1: [{ quantity: 5 }] },
      rules: tenth,
      allows: { minimumNotional: 450 },
      expect: ['bar 2: buy 2 @ 100 (market)', 'bar 3: buy 2 @ 100 (market)', 'bar 4: buy 1 @ 100 (market)'],
    },
  ]);
});
