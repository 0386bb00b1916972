import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

const tenth = { volumeCap: { share: 0.1, quantity: 'resolve' } } as const;
const quiet = (price: number, volume: number) => [price, price, price, price, volume];

describe('no dust', () => {
  testCases([
    {
      name: 'what was bought in two parts is sold by the order for their sum, to exactly nothing',
      bars: [100, 100, 100, 100],
      // In binary 0.1 + 0.2 is a little more than 0.3.
      orders: { 1: [{ quantity: 0.1 }, { quantity: 0.2 }], 2: [{ quantity: -0.3 }] },
      expect: ['bar 2: buy 0.1 @ 100 (market)', 'bar 2: buy 0.2 @ 100 (market)', 'bar 3: sell 0.3 @ 100 (market)'],
      after: { 3: { quantity: 0, entryPrice: null } },
    },
    {
      name: 'an order in seven parts has no eighth',
      bars: [100, ...Array.from({ length: 9 }, () => quiet(100, 1))],
      orders: { 1: [{ quantity: 0.7 }] },
      rules: tenth,
      expect: Array.from({ length: 7 }, (_, k) => `bar ${k + 2}: buy 0.1 @ 100 (market)`),
    },
    {
      name: 'a position that is sold in seven parts is gone',
      bars: [100, 100, ...Array.from({ length: 9 }, () => quiet(100, 1))],
      orders: { 1: [{ quantity: 0.7 }], 2: [{ quantity: -0.7 }] },
      rules: tenth,
      expect: ['bar 2: buy 0.7 @ 100 (market)', ...Array.from({ length: 7 }, (_, k) => `bar ${k + 3}: sell 0.1 @ 100 (market)`)],
      after: { 9: { quantity: 0 } },
    },
    {
      name: 'a turn from what was bought in parts leaves no dust of the old side',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 0.1 }, { quantity: 0.2 }], 2: [{ quantity: -0.5 }] },
      allows: { margin: true },
      expect: [
        'bar 2: buy 0.1 @ 100 (market)',
        'bar 2: buy 0.2 @ 100 (market)',
        'bar 3: sell 0.3 @ 100 (market)',
        'bar 3: sell 0.2 @ 100 (market)',
      ],
      after: { 3: { quantity: -0.2 } },
    },
  ]);
});

describe('what is too small to be traded', () => {
  testCases([
    {
      name: 'a rest of less than one lot is not ordered at every close again',
      bars: [130, 130, 130, 130, 130],
      level: [1, 1, 1, 1, 1],
      allows: { lot: 1 },
      // 7 of 7.69; the 90 left buy no lot.
      expect: ['bar 2: buy 7 @ 130 (enterLong)'],
      reasons: ['enterLong', 'holding', 'holding', 'holding', 'holding'],
    },
    {
      name: 'a drift that is worth less than the minimum notional is not ordered at every close again',
      bars: [100, 100, 110, 110],
      level: [1, 1, 1, 1],
      rules: { share: 0.5 },
      allows: { minimumNotional: 50 },
      // 550 of 1050: 25 too much.
      expect: ['bar 2: buy 5 @ 100 (enterLong)'],
    },
    {
      name: 'a larger one is',
      bars: [100, 100, 110, 110],
      level: [1, 1, 1, 1],
      rules: { share: 0.5 },
      allows: { minimumNotional: 20 },
      expect: ['bar 2: buy 5 @ 100 (enterLong)', `bar 4: sell ${n(5 - 525 / 110)} @ 110 (rebalance)`],
    },
    {
      name: 'an entry that is too small is refused, with the reason',
      bars: [130, 130],
      level: [1, 1],
      rules: { capital: 100 },
      allows: { lot: 1 },
      expect: ['bar 2: no market: smaller than the lot step 1', 'waiting: buy market'],
    },
  ]);
});

describe('levels and turns', () => {
  testCases([
    {
      name: 'an order that turns a short position may bring the levels of the long one',
      bars: [100, 100, 100, [100, 100, 94, 96]],
      orders: { 1: [{ quantity: -5 }], 2: [{ quantity: 8, protection: { stopLoss: 95, takeProfit: 110 } }] },
      allows: { margin: true },
      expect: [
        'bar 2: sell 5 @ 100 (market)',
        'bar 3: buy 5 @ 100 (market)',
        'bar 3: buy 3 @ 100 (market)',
        'bar 4: sell 3 @ 95 (stopLoss)',
      ],
    },
    {
      name: 'an order that turns a long position may bring the levels of the short one',
      bars: [100, 100, 100, [100, 106, 100, 104]],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -8, protection: { stopLoss: 105, takeProfit: 90 } }] },
      allows: { margin: true },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: sell 5 @ 100 (market)',
        'bar 3: sell 3 @ 100 (market)',
        'bar 4: buy 3 @ 105 (stopLoss)',
      ],
    },
    {
      name: 'a stop that turns the position, on a gap: both fills at the open',
      bars: [100, 100, [85, 86, 84, 85]],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'stop', quantity: -6, trigger: 95 }] },
      allows: { margin: true },
      expect: ['bar 2: buy 4 @ 100 (market)', 'bar 3: sell 4 @ 85 (stop)', 'bar 3: sell 2 @ 85 (stop)'],
    },
    {
      name: 'stopped out and turned short by a stop further down, all in one bar, and stopped again on the way up',
      bars: [100, 100, [100, 100, 92, 98]],
      orders: {
        1: [{ quantity: 4, protection: { stopLoss: 96 } }],
        2: [{ kind: 'stop', quantity: -6, trigger: 94, protection: { stopLoss: 97 } }],
      },
      allows: { margin: true },
      // The close of 98 shows that 97 was reached after 94.
      expect: ['bar 2: buy 4 @ 100 (market)', 'bar 3: sell 4 @ 96 (stopLoss)', 'bar 3: sell 6 @ 94 (stop)', 'bar 3: buy 6 @ 97 (stopLoss)'],
      after: { 3: { quantity: 0, cash: 1000 - 16 - 18 } },
    },
    {
      name: 'an entry, its stop and its target over three bars with fees, by hand',
      bars: [100, [102, 104, 101, 103], [103, 109, 102, 108], [108, 111, 107, 110]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 97, takeProfit: 110 } }] },
      costs: { taker: 0.001, slippage: 0.001 },
      // 102.102 with a fee of 0.51051; 109.89 with a fee of 0.54945.
      expect: [
        'bar 2: buy 5 @ 102.102 (market), fee 0.51051, slippage 0.51',
        'bar 4: sell 5 @ 109.89 (takeProfit), fee 0.54945, slippage 0.55',
      ],
      after: { 4: { cash: 1000 + 5 * (109.89 - 102.102) - 0.51051 - 0.54945 } },
    },
    {
      name: 'a stop waits for a bar of its market, and fills at the open of that',
      markets: { a: [100, 100, null, null, [80, 81, 79, 80]], b: [50, 50, 50, 50, 50] },
      orders: { 1: [{ market: 'a', quantity: 5, protection: { stopLoss: 90 } }] },
      expect: ['bar 2: buy 5 a @ 100 (market)', 'bar 5: sell 5 a @ 80 (stopLossGap)'],
    },
    {
      name: 'a trailing stop order of a market with missing bars follows the closes that exist',
      bars: [100, 100, null, [120, 120, 120, 120], [120, 120, 107, 110]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { fraction: 0.1 } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 5: sell 5 @ 108 (trailing-stop)'],
    },
    {
      name: 'a reduce-only exit that waits survives the stop, and is refused where it is met',
      bars: [100, 100, [100, 100, 94, 96], [96, 112, 96, 111]],
      orders: {
        1: [{ quantity: 5, protection: { stopLoss: 95 } }],
        2: [{ kind: 'limit', quantity: -5, limit: 110, reduceOnly: true }],
      },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: sell 5 @ 95 (stopLoss)',
        'bar 4: no limit: reduce-only, and there is no position to make smaller',
      ],
    },
    {
      name: 'a stop withdraws additions that wait below it, too',
      bars: [100, 100, [100, 100, 94, 96], [96, 96, 80, 85]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 95 } }], 2: [{ kind: 'limit', quantity: 5, limit: 90 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: no limit: withdrawn by stopLoss', 'bar 3: sell 5 @ 95 (stopLoss)'],
    },
    {
      name: 'with next-close a turn fills at the close, with the stop of the old position live until then',
      bars: [100, 100, [100, 101, 96, 98], 98],
      targets: { 1: 1, 2: -1 },
      allows: { margin: true },
      rules: { fill: 'next-close', guards: { stopLoss: 0.05 } },
      // 10 from 100 to 98: 980 of equity, 10 short at 98.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 98 (enterShort)', 'bar 3: sell 10 @ 98 (enterShort)'],
      after: { 3: { stop: 102.9 } },
    },
    {
      name: 'with this-close a stop of the next bar comes before the decision at its close',
      bars: [100, [100, 101, 94, 98]],
      targets: { 1: 1, 2: 0 },
      rules: { fill: 'this-close', guards: { stopLoss: 0.05 } },
      expect: ['bar 1: buy 10 @ 100 (enterLong)', 'bar 2: sell 10 @ 95 (stopLoss)'],
    },
  ]);
});

describe('several orders at one instant', () => {
  testCases([
    {
      name: 'a market order and a limit that opens beyond it share the cash in their order',
      bars: [100, [90, 90, 90, 90]],
      orders: { 1: [{ quantity: 10 }, { kind: 'limit', quantity: 10, limit: 95 }] },
      // 900, then 100 of 900.
      expect: ['bar 2: buy 10 @ 90 (market)', 'bar 2: buy 1.1111111 @ 90 (limit), factor 0.11111111'],
    },
    {
      name: 'an exit and an entry beyond it at one open: the exit goes first where it was placed first',
      bars: [100, 100, 120],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: -10 }, { exposure: 0.5 }] },
      expect: ['bar 2: buy 10 @ 100 (market)', 'bar 3: sell 10 @ 120 (market)', 'bar 3: buy 5 @ 120 (market)'],
    },
    {
      name: 'a stop at the open of a gap pays for an entry of another market at that open',
      markets: { a: [100, 100, [90, 90, 90, 90]], b: [50, 50, 50] },
      targets: { 1: { a: 1 }, 2: { b: 1 } },
      rules: { guards: { stopLoss: 0.05 } },
      expect: ['bar 2: buy 10 a @ 100 (enterLong)', 'bar 3: sell 10 a @ 90 (stopLossGap)', 'bar 3: buy 18 b @ 50 (enterLong)'],
    },
    {
      name: 'limits of two markets inside one bar are one batch, and share the cash',
      markets: { a: [100, [100, 100, 79, 85]], b: [50, [50, 50, 39, 45]] },
      orders: {
        1: [
          { market: 'a', kind: 'limit', quantity: 10, limit: 80 },
          { market: 'b', kind: 'limit', quantity: 20, limit: 40 },
        ],
      },
      // 1600 for 1000.
      expect: ['bar 2: buy 6.25 a @ 80 (limit), factor 0.625, maker', 'bar 2: buy 12.5 b @ 40 (limit), factor 0.625, maker'],
    },
    {
      name: 'a market that is turned short and one that is bought share what was set free',
      markets: { a: [100, 100, 100], b: [50, 50, 50] },
      targets: { 1: { a: 1 }, 2: { a: -0.5, b: 0.5 } },
      allowsEach: { a: { margin: true } },
      expect: [
        'bar 2: buy 10 a @ 100 (enterLong)',
        'bar 3: sell 10 a @ 100 (enterShort)',
        'bar 3: sell 5 a @ 100 (enterShort)',
        'bar 3: buy 10 b @ 50 (enterLong)',
      ],
    },
    {
      name: 'one market is capped, the other one is not, and both share the cash by one factor of what can be filled',
      markets: { a: [100, quiet(100, 20), quiet(100, 20)], b: [100, quiet(100, 1000), quiet(100, 1000)] },
      orders: {
        1: [
          { market: 'a', quantity: 10 },
          { market: 'b', quantity: 10 },
        ],
      },
      rules: tenth,
      // 2 of a and 10 of b: 1200 for 1000, factor 1 / 1.2. What the cash has bound is over.
      expect: [
        `bar 2: buy ${n(2 / 1.2)} a @ 100 (market), factor ${n(1 / 1.2)}`,
        `bar 2: buy ${n(10 / 1.2)} b @ 100 (market), factor ${n(1 / 1.2)}`,
      ],
    },
  ]);
});
