import { describe } from 'vitest';
import { testCases } from '../../support/trading-case.ts';

describe('limit orders', () => {
  testCases([
    {
      name: 'a limit that is touched but not traded through does not fill',
      bars: [100, [100, 101, 95, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      expect: ['waiting: buy limit'],
    },
    {
      name: 'touched counts as filled where the rules are optimistic',
      bars: [100, [100, 101, 95, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      rules: { optimistic: true },
      expect: ['bar 2: buy 10 @ 95 (limit), maker'],
    },
    {
      name: 'traded through, it fills at its limit, with the fee of a maker and without slippage',
      bars: [100, [100, 101, 94, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      costs: { taker: 0.01, maker: 0.001, slippage: 0.02 },
      expect: ['bar 2: buy 10 @ 95 (limit), fee 0.95, maker'],
      after: { 2: { cash: 1000 - 950 - 0.95, equity: 1000 - 950 - 0.95 + 980 } },
    },
    {
      name: 'a sale at a limit that is touched does not fill',
      bars: [100, 100, [100, 105, 100, 101]],
      orders: { 1: [{ quantity: 10 }], 2: [{ kind: 'limit', quantity: -10, limit: 105 }] },
      expect: ['bar 2: buy 10 @ 100 (market)', 'waiting: sell limit'],
    },
    {
      name: 'a sale at a limit that is traded through fills there',
      bars: [100, 100, [100, 106, 100, 101]],
      orders: { 1: [{ quantity: 10 }], 2: [{ kind: 'limit', quantity: -10, limit: 105 }] },
      costs: { taker: 0.01, maker: 0.002 },
      // 10 units would cost 1010: 1000 / 101 are bought, factor 1000 / 1010.
      expect: [
        'bar 2: buy 9.9009901 @ 100 (market), fee 9.9009901, factor 0.99009901',
        'bar 3: sell 9.9009901 @ 105 (limit), fee 2.0792079, maker',
      ],
    },
    {
      name: 'better than the limit at its first open, it takes: at the open, with the fee of a taker',
      bars: [100, [90, 92, 89, 91]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 10 @ 90 (limit), fee 9'],
    },
    {
      name: 'at its first open exactly at the limit it takes as well',
      bars: [100, [95, 96, 95, 96]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 10 @ 95 (limit), fee 9.5'],
    },
    {
      name: 'better than the limit at a later open, it made: at the open, where the bar traded',
      bars: [100, [100, 101, 99, 100], [90, 92, 89, 91]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 3: buy 10 @ 90 (limit), fee 0.9, maker'],
    },
    {
      name: 'at a later open exactly at the limit it has only been touched',
      bars: [100, 100, [95, 96, 95, 96]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      expect: ['waiting: buy limit'],
    },
    {
      name: 'a sale better than its limit at its first open takes at the open',
      bars: [100, 100, [110, 111, 109, 110]],
      orders: { 1: [{ quantity: 5 }], 2: [{ kind: 'limit', quantity: -5, limit: 105 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 5 @ 100 (market), fee 5', 'bar 3: sell 5 @ 110 (limit), fee 5.5'],
    },
    {
      name: 'a limit that takes pays slippage, but never more than its limit',
      bars: [100, 100],
      orders: { 1: [{ kind: 'limit', quantity: 4, limit: 101 }] },
      costs: { slippage: 0.05 },
      // 105 after slippage; the limit allows 101.
      expect: ['bar 2: buy 4 @ 101 (limit), slippage 4'],
    },
    {
      name: 'a sale that takes pays slippage, but never gets less than its limit',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'limit', quantity: -4, limit: 98 }] },
      costs: { slippage: 0.05 },
      expect: ['bar 2: buy 4 @ 105 (market), slippage 20', 'bar 3: sell 4 @ 98 (limit), slippage 8'],
    },
    {
      name: 'post-only is refused where it would fill at its first open',
      bars: [100, [90, 92, 89, 91]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95, postOnly: true }] },
      expect: ['bar 2: no limit: post-only, and it would have filled at once'],
    },
    {
      name: 'post-only is refused where its first open lies exactly at the limit',
      bars: [100, [95, 96, 94, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95, postOnly: true }] },
      expect: ['bar 2: no limit: post-only, and it would have filled at once'],
    },
    {
      name: 'post-only that rests fills as a maker',
      bars: [100, [96, 97, 94, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95, postOnly: true }] },
      expect: ['bar 2: buy 10 @ 95 (limit), maker'],
    },
    {
      name: 'post-only that rests fills as a maker at a later open beyond it',
      bars: [100, 100, [90, 97, 89, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95, postOnly: true }] },
      expect: ['bar 3: buy 10 @ 90 (limit), maker'],
    },
    {
      name: 'a limit whose exposure is resolved where it fills',
      bars: [100, [100, 100, 79, 85]],
      orders: { 1: [{ kind: 'limit', exposure: 0.5, limit: 80 }] },
      // 500 of 1000 at 80.
      expect: ['bar 2: buy 6.25 @ 80 (limit), maker'],
    },
    {
      name: 'two limits in one bar both fill, the nearer to the open first',
      bars: [100, [100, 100, 80, 90]],
      orders: {
        1: [
          { kind: 'limit', quantity: 4, limit: 85 },
          { kind: 'limit', quantity: 3, limit: 95 },
        ],
      },
      expect: ['bar 2: buy 3 @ 95 (limit), maker', 'bar 2: buy 4 @ 85 (limit), maker'],
    },
    {
      name: 'the nearer one takes the cash, the other gets what is left',
      bars: [100, [100, 100, 80, 90]],
      orders: {
        1: [
          { kind: 'limit', quantity: 10, limit: 80.5 },
          { kind: 'limit', quantity: 10, limit: 90 },
        ],
      },
      // 900 for the first; 100 of 805 for the second.
      expect: ['bar 2: buy 10 @ 90 (limit), maker', 'bar 2: buy 1.242236 @ 80.5 (limit), factor 0.1242236, maker'],
    },
    {
      name: 'a bar without volume fills no limit, however far it goes through',
      bars: [100, [100, 100, 80, 90, 0], [96, 97, 94, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 10, limit: 95 }] },
      expect: ['bar 3: buy 10 @ 95 (limit), maker'],
    },
    {
      name: 'a limit on margin sells short where it is traded through',
      bars: [100, [100, 106, 100, 104]],
      orders: { 1: [{ kind: 'limit', quantity: -5, limit: 105 }] },
      allows: { margin: true },
      expect: ['bar 2: sell 5 @ 105 (limit), maker'],
      after: { 2: { quantity: -5, equity: 1005 } },
    },
    {
      name: 'a limit sale without a position is refused on spot where it would fill',
      bars: [100, [100, 106, 100, 104]],
      orders: { 1: [{ kind: 'limit', quantity: -5, limit: 105 }] },
      expect: ['bar 2: no limit: spot is never sold short'],
    },
    {
      name: 'a limit larger than the position turns it on margin',
      bars: [100, 100, [100, 106, 100, 104]],
      orders: { 1: [{ quantity: 3 }], 2: [{ kind: 'limit', quantity: -5, limit: 105 }] },
      allows: { margin: true },
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 3: sell 3 @ 105 (limit), maker', 'bar 3: sell 2 @ 105 (limit), maker'],
      after: { 3: { quantity: -2, entryPrice: 105 } },
    },
  ]);
});

describe('time in force', () => {
  testCases([
    {
      name: 'an order for one bar expires at the close of the first one',
      bars: [100, 100, [100, 100, 90, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, timeInForce: 1 }] },
      expect: ['bar 2: no limit: expired after 1 bar'],
    },
    {
      name: 'an order for two bars may fill in the second one',
      bars: [100, 100, [100, 100, 90, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, timeInForce: 2 }] },
      expect: ['bar 3: buy 5 @ 95 (limit), maker'],
    },
    {
      name: 'and expires after it',
      bars: [100, 100, 100, [100, 100, 90, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, timeInForce: 2 }] },
      expect: ['bar 3: no limit: expired after 2 bars'],
    },
    {
      name: 'bars without volume count towards the time in force',
      bars: [100, [100, 100, 100, 100, 0], [100, 100, 90, 95]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, timeInForce: 1 }] },
      expect: ['bar 2: no limit: expired after 1 bar'],
    },
    {
      name: 'missing bars do not count: only bars of its market are met',
      markets: { a: [100, null, null, [100, 100, 90, 95]], b: [50, 50, 50, 50] },
      orders: { 1: [{ market: 'a', kind: 'limit', quantity: 5, limit: 95, timeInForce: 1 }] },
      expect: ['bar 4: buy 5 a @ 95 (limit), maker'],
    },
    {
      name: 'a market order that finds no volume expires too',
      bars: [100, [100, 100, 100, 100, 0], 100],
      orders: { 1: [{ quantity: 5, timeInForce: 1 }] },
      expect: ['bar 2: no market: expired after 1 bar'],
    },
    {
      name: 'with this-close an order for one bar meets that close only',
      bars: [[100, 100, 100, 100, 10], 100],
      orders: { 1: [{ quantity: 5, timeInForce: 1 }] },
      rules: { fill: 'this-close', volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: ['bar 1: buy 1 @ 100 (market)', 'bar 2: no market: expired after 1 bar'],
    },
    {
      name: 'with next-close an order for one bar meets the next close only',
      bars: [100, [100, 100, 100, 100, 10], 100],
      orders: { 1: [{ quantity: 5, timeInForce: 1 }] },
      rules: { fill: 'next-close', volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: ['bar 2: buy 1 @ 100 (market)', 'bar 2: no market: expired after 1 bar'],
    },
  ]);
});

describe('how targets are reached: entry and exit styles', () => {
  const entry = { kind: 'limit', offset: 0.05 } as const;
  testCases([
    {
      name: 'an entry by limit lies its offset below the close',
      bars: [100, [100, 100, 94, 96]],
      targets: { 1: 1 },
      rules: { entry },
      // 1000 / 95.
      expect: ['bar 2: buy 10.526316 @ 95 (enterLong), maker'],
    },
    {
      name: 'an exit by limit lies its offset above the close',
      bars: [100, 100, [100, 106, 100, 101]],
      targets: { 1: 1, 2: 0 },
      rules: { exit: entry },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 105 (exit), maker'],
    },
    {
      name: 'a short entry by limit lies its offset above the close',
      bars: [100, [100, 106, 100, 101]],
      targets: { 1: -1 },
      rules: { entry },
      allows: { margin: true },
      expect: ['bar 2: sell 9.5238095 @ 105 (enterShort), maker'],
    },
    {
      name: 'an entry by stop lies its offset above the close',
      bars: [100, [100, 106, 100, 101]],
      targets: { 1: 1 },
      rules: { entry: { kind: 'stop', offset: 0.05 } },
      expect: ['bar 2: buy 9.5238095 @ 105 (enterLong)'],
    },
    {
      name: 'an entry by stop-limit has its limit beyond its trigger: left behind by the open, it waits there',
      bars: [100, [108, 109, 107, 108], [108, 109, 105, 106]],
      targets: { 1: 1 },
      rules: { entry: { kind: 'stop-limit', offset: 0.05, limitOffset: 0.01 } },
      // Trigger 105, limit 106.05: set off at the open of 108, filled on the way back.
      expect: ['bar 3: buy 9.4295144 @ 106.05 (enterLong), maker'],
    },
    {
      name: 'an entry that a level policy goes on wanting waits at its first limit',
      bars: [100, 98, [98, 98, 94, 95]],
      level: [1, 1, 1],
      rules: { entry, band: 0.05 },
      expect: ['bar 3: buy 10.526316 @ 95 (enterLong), maker'],
    },
    {
      name: 'an entry by limit that opens beyond it takes at the open',
      bars: [100, 90, [90, 90, 85, 88]],
      level: [1, 1, 1],
      rules: { entry: { ...entry, timeInForce: 1 } },
      expect: ['bar 2: buy 11.111111 @ 90 (enterLong)'],
    },
    {
      name: 'an entry that expired is placed anew, at the close of that time: below the limit of before',
      bars: [100, [100, 100, 96, 98], [98, 98, 93, 95]],
      level: [1, 1, 1],
      rules: { entry: { ...entry, timeInForce: 1 }, band: 0.05 },
      // 95 expires; 98 x 0.95 = 93.1; 1000 / 93.1.
      expect: ['bar 2: no limit: expired after 1 bar', 'bar 3: buy 10.741139 @ 93.1 (enterLong), maker'],
    },
    {
      name: 'an entry that waits is withdrawn when the signal is gone',
      bars: [100, 98, [98, 98, 90, 95]],
      level: [1, -1, -1],
      rules: { entry },
      expect: ['bar 2: no limit: replaced by a later decision'],
    },
    {
      name: 'the exit of a stopped position is withdrawn with it: the stop wins over a limit that waits',
      bars: [100, 100, 100, [100, 100, 89, 90]],
      targets: { 1: 1, 2: 0 },
      rules: { exit: entry, guards: { stopLoss: 0.1 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: no limit: withdrawn by stopLoss', 'bar 4: sell 10 @ 90 (stopLoss)'],
      after: { 4: { quantity: 0, cash: 900 } },
    },
    {
      name: 'a turn from long to short is placed in the style of exits',
      bars: [100, 100, [100, 106, 100, 104]],
      targets: { 1: 1, 2: -1 },
      rules: { exit: entry },
      allows: { margin: true },
      // Sold at 105: 1050, short 10 of them.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 105 (enterShort), maker', 'bar 3: sell 10 @ 105 (enterShort), maker'],
    },
    {
      name: 'prices of orders are put on the tick',
      bars: [100.3, [100, 100, 94, 96]],
      targets: { 1: 1 },
      rules: { entry },
      allows: { tick: 0.5 },
      // 95.285 is nearest to 95.5.
      expect: ['bar 2: buy 10.471204 @ 95.5 (enterLong), maker'],
    },
  ]);
});
