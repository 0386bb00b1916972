import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

describe('market orders', () => {
  testCases([
    {
      name: 'placed at a close, a market order fills at the next open',
      bars: [100, [101, 103, 99, 102]],
      orders: { 1: [{ quantity: 5 }] },
      expect: ['bar 2: buy 5 @ 101 (market)'],
      // 1000 - 5 x 101; 495 + 5 x 102.
      after: { 1: { cash: 1000 }, 2: { cash: 495, equity: 1005, quantity: 5, entryPrice: 101, exposure: 510 / 1005 } },
    },
    {
      name: 'with fill next-close it fills at the next close',
      bars: [100, [101, 103, 99, 102]],
      orders: { 1: [{ quantity: 5 }] },
      rules: { fill: 'next-close' },
      expect: ['bar 2: buy 5 @ 102 (market)'],
    },
    {
      name: 'with fill this-close it fills at the close it was decided at',
      bars: [[98, 101, 97, 100], 110],
      orders: { 1: [{ quantity: 5 }] },
      rules: { fill: 'this-close' },
      expect: ['bar 1: buy 5 @ 100 (market)'],
      after: { 1: { cash: 500, equity: 1000 }, 2: { equity: 1050 } },
    },
    {
      name: 'an order on the last bar never fills at the next open',
      bars: [100, 100],
      orders: { 2: [{ quantity: 5 }] },
      expect: ['waiting: buy market'],
    },
    {
      name: 'an order on the last bar never fills at the next close',
      bars: [100, 100],
      orders: { 2: [{ quantity: 5 }] },
      rules: { fill: 'next-close' },
      expect: ['waiting: buy market'],
    },
    {
      name: 'a bar without volume fills nothing: the order waits for the next open',
      bars: [100, [101, 101, 101, 101, 0], [102, 104, 101, 103]],
      orders: { 1: [{ quantity: 5 }] },
      expect: ['bar 3: buy 5 @ 102 (market)'],
    },
    {
      name: 'a bar without volume has no close to fill at either (next-close)',
      bars: [100, [101, 101, 101, 101, 0], [102, 104, 101, 103]],
      orders: { 1: [{ quantity: 5 }] },
      rules: { fill: 'next-close' },
      expect: ['bar 3: buy 5 @ 103 (market)'],
    },
    {
      name: 'a bar without volume has no close to fill at either (this-close): it waits for the next close',
      bars: [
        [100, 100, 100, 100, 0],
        [101, 104, 101, 103],
      ],
      orders: { 1: [{ quantity: 5 }] },
      rules: { fill: 'this-close' },
      expect: ['bar 2: buy 5 @ 103 (market)'],
    },
    {
      name: 'a missing bar is not invented: the order waits for the next one that exists',
      bars: [100, null, null, [90, 91, 89, 90]],
      orders: { 1: [{ quantity: 5 }] },
      expect: ['bar 4: buy 5 @ 90 (market)'],
    },
    {
      name: 'slippage moves the price against a purchase and against a sale',
      bars: [100, 100, 200],
      orders: { 1: [{ quantity: 4 }], 2: [{ quantity: -4 }] },
      costs: { slippage: 0.01 },
      // 101 and 198: 4 x 1 and 4 x 2 lost.
      expect: ['bar 2: buy 4 @ 101 (market), slippage 4', 'bar 3: sell 4 @ 198 (market), slippage 8'],
      after: { 3: { cash: 1000 - 404 + 792, slippage: 12 } },
    },
    {
      name: 'the fee is taken at the slipped price, on both sides',
      bars: [100, 100, 200],
      orders: { 1: [{ quantity: 4 }], 2: [{ quantity: -4 }] },
      costs: { taker: 0.1, slippage: 0.01 },
      expect: ['bar 2: buy 4 @ 101 (market), fee 40.4, slippage 4', 'bar 3: sell 4 @ 198 (market), fee 79.2, slippage 8'],
      after: { 3: { fees: 119.6, cash: 1000 - 404 - 40.4 + 792 - 79.2 } },
    },
    {
      name: 'more than the cash pays for is shrunk to what it pays for',
      bars: [100, 100],
      orders: { 1: [{ quantity: 20 }] },
      expect: ['bar 2: buy 10 @ 100 (market), factor 0.5'],
      after: { 2: { cash: 0 } },
    },
    {
      name: 'what is bought with no cash left at all is refused',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 10 }], 2: [{ quantity: 1 }] },
      expect: ['bar 2: buy 10 @ 100 (market)', 'bar 3: no market: no cash left'],
    },
    {
      name: 'spot is never sold short: a sale of nothing is refused',
      bars: [100, 100],
      orders: { 1: [{ quantity: -3 }] },
      expect: ['bar 2: no market: spot is never sold short'],
    },
    {
      name: 'spot is never sold short: a sale of more than is held sells what is held',
      bars: [100, 100, 110],
      orders: { 1: [{ quantity: 3 }], 2: [{ quantity: -5 }] },
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 3: sell 3 @ 110 (market)'],
      after: { 3: { quantity: 0, cash: 1030, entryPrice: null } },
    },
    {
      name: 'on margin a sale of more than is held turns the position, by two fills at one open',
      bars: [100, 100, 110, 100],
      orders: { 1: [{ quantity: 3 }], 2: [{ quantity: -5 }] },
      allows: { margin: true },
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 3: sell 3 @ 110 (market)', 'bar 3: sell 2 @ 110 (market)'],
      // 1030 after the exit; short 2 from 110 to 100: 20 more.
      after: { 3: { quantity: -2, entryPrice: 110, equity: 1030 }, 4: { equity: 1050 } },
    },
    {
      name: 'two orders of one market at one open fill in the order in which they were placed',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5 }, { quantity: -2 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 2 @ 100 (market)'],
      after: { 2: { quantity: 3, cash: 700 } },
    },
    {
      name: 'the other way round the sale finds nothing to sell',
      bars: [100, 100],
      orders: { 1: [{ quantity: -2 }, { quantity: 5 }] },
      expect: ['bar 2: no market: spot is never sold short', 'bar 2: buy 5 @ 100 (market)'],
    },
    {
      name: 'reduce-only without a position is refused',
      bars: [100, 100],
      orders: { 1: [{ quantity: -2, reduceOnly: true }] },
      allows: { margin: true },
      expect: ['bar 2: no market: reduce-only, and there is no position to make smaller'],
    },
    {
      name: 'reduce-only sells no more than is held',
      bars: [100, 100, 100],
      orders: { 1: [{ quantity: 3 }], 2: [{ quantity: -5, reduceOnly: true }] },
      allows: { margin: true },
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 3: sell 3 @ 100 (market)'],
      after: { 3: { quantity: 0 } },
    },
    {
      name: 'reduce-only after a flip is refused: it would make the position larger',
      bars: [100, 100, 100, [100, 100, 94, 96]],
      orders: { 1: [{ quantity: 3 }], 2: [{ kind: 'stop', quantity: -3, trigger: 95, reduceOnly: true }, { quantity: -6 }] },
      allows: { margin: true },
      expect: [
        'bar 2: buy 3 @ 100 (market)',
        'bar 3: sell 3 @ 100 (market)',
        'bar 3: sell 3 @ 100 (market)',
        'bar 4: no stop: reduce-only, and there is no position to make smaller',
      ],
      after: { 4: { quantity: -3 } },
    },
    {
      name: 'an order that is withdrawn before it met a price is a rejection with its reason',
      bars: [100, [100, 100, 100, 100, 0], 100],
      orders: { 1: [{ quantity: 3 }] },
      cancel: [2],
      expect: ['bar 2: no market: cancelled'],
    },
  ]);
});

describe('orders that reach an exposure', () => {
  testCases([
    {
      name: 'a target of 1 spends all cash, fee and slippage included, and no more',
      bars: [100, 100],
      targets: { 1: 1 },
      costs: { taker: 0.01, slippage: 0.05 },
      // 105 after slippage, 106.05 with the fee: 1000 / 106.05 units.
      expect: [`bar 2: buy ${n(1000 / 106.05)} @ 105 (enterLong), fee ${n((1000 / 106.05) * 1.05)}, slippage ${n((1000 / 106.05) * 5)}`],
      after: { 2: { cash: 0, equity: (1000 / 106.05) * 100 } },
    },
    {
      name: 'the quantity is resolved at the fill, not at the decision: the open is far above the close',
      bars: [100, [125, 125, 120, 120]],
      targets: { 1: 1 },
      expect: ['bar 2: buy 8 @ 125 (enterLong)'],
    },
    {
      name: 'a target of one half buys for half of the equity',
      bars: [100, 100],
      targets: { 1: 0.5 },
      expect: ['bar 2: buy 5 @ 100 (enterLong)'],
    },
    {
      name: 'a larger target buys the difference at the equity of that open',
      bars: [100, 100, 100, [200, 200, 200, 200]],
      targets: { 1: 0.5, 3: 0.75 },
      // At 200: 500 + 5 x 200 = 1500 of equity; 0.75 x 1500 / 200 = 5.625.
      expect: ['bar 2: buy 5 @ 100 (enterLong)', 'bar 4: buy 0.625 @ 200 (enterLong)'],
    },
    {
      name: 'a smaller target sells the difference at the equity of that open',
      bars: [100, 100, 100, [200, 200, 200, 200]],
      targets: { 1: 0.5, 3: 0.25 },
      // 0.25 x 1500 / 200 = 1.875 stay.
      expect: ['bar 2: buy 5 @ 100 (enterLong)', 'bar 4: sell 3.125 @ 200 (enterLong)'],
    },
    {
      name: 'a target of 0 sells everything, to exactly nothing',
      bars: [3, 3, 7],
      targets: { 1: 1, 2: 0 },
      costs: { taker: 0.001 },
      expect: [
        `bar 2: buy ${n(1000 / 3.003)} @ 3 (enterLong), fee ${n((1000 / 3.003) * 0.003)}`,
        `bar 3: sell ${n(1000 / 3.003)} @ 7 (exit), fee ${n((1000 / 3.003) * 0.007)}`,
      ],
      after: { 3: { quantity: 0, entryPrice: null, barsHeld: 0 } },
    },
    {
      name: 'a target of 0 without a position orders nothing',
      bars: [100, 100],
      targets: { 1: 0 },
      expect: [],
    },
    {
      name: 'a short target on spot is taken as flat, and says so',
      bars: [100, 100],
      targets: { 1: -1 },
      expect: [],
      reasons: ['noShortOnSpot', 'holding'],
    },
    {
      name: 'a short target on spot gives a long position up',
      bars: [100, 100, 110],
      targets: { 1: 1, 2: -1 },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 110 (noShortOnSpot)'],
    },
    {
      name: 'from long to short by two fills at one open, the second with all the equity left, fees taken twice',
      bars: [100, 100, 120],
      targets: { 1: 1, 2: -1 },
      allows: { margin: true },
      costs: { taker: 0.01 },
      // 1000 / 101 bought; sold at 120 less 1 %: 118.8 each, 1176.2376 in all; short that / 121.2.
      expect: [
        `bar 2: buy ${n(1000 / 101)} @ 100 (enterLong), fee ${n(1000 / 101)}`,
        `bar 3: sell ${n(1000 / 101)} @ 120 (enterShort), fee ${n((1000 / 101) * 1.2)}`,
        `bar 3: sell ${n(((1000 / 101) * 118.8) / 121.2)} @ 120 (enterShort), fee ${n(((1000 / 101) * 118.8 * 1.2) / 121.2)}`,
      ],
    },
    {
      name: 'from short to long: bought back first, then long with what is left',
      bars: [100, 100, 120],
      targets: { 1: -1, 2: 1 },
      allows: { margin: true },
      // Short 10 at 100; bought back at 120 for a loss of 200; 800 / 120 bought.
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 3: buy 10 @ 120 (enterLong)', `bar 3: buy ${n(800 / 120)} @ 120 (enterLong)`],
    },
    {
      name: 'a decision that still waits is replaced by a later one',
      bars: [100, [100, 100, 100, 100, 0], 100],
      targets: { 1: 1, 2: 0.25 },
      expect: ['bar 2: no market: replaced by a later decision', 'bar 3: buy 2.5 @ 100 (enterLong)'],
    },
    {
      name: 'and is withdrawn where the later one is to stay flat',
      bars: [100, [100, 100, 100, 100, 0], 100],
      targets: { 1: 1, 2: 0 },
      expect: ['bar 2: no market: replaced by a later decision'],
    },
    {
      name: 'the same wish again leaves the waiting order as it is',
      bars: [100, [100, 100, 100, 100, 0], 100],
      targets: { 1: 1, 2: 1 },
      expect: ['bar 3: buy 10 @ 100 (enterLong)'],
    },
    {
      name: 'buy and hold: one purchase at the second open, marked to the end',
      bars: [100, [50, 60, 50, 60], 80, 120],
      targets: { 1: 1 },
      expect: ['bar 2: buy 20 @ 50 (enterLong)'],
      after: { 2: { equity: 1200, barsHeld: 1 }, 3: { equity: 1600 }, 4: { equity: 2400, barsHeld: 3 } },
    },
    {
      name: 'decided at each close, filled at that close (this-close)',
      bars: [100, 125, 200],
      targets: { 1: 1, 2: 0.5 },
      rules: { fill: 'this-close' },
      // 10 at 100; at 125 the equity is 1250, half of it 5 units.
      expect: ['bar 1: buy 10 @ 100 (enterLong)', 'bar 2: sell 5 @ 125 (enterLong)'],
      after: { 3: { equity: 625 + 1000 } },
    },
    {
      name: 'a level policy is long while its signal is above 0, from the first close on',
      bars: [100, 100, 110, 110],
      level: [1, 1, -1, -1],
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 110 (exit)'],
      reasons: ['enterLong', 'holding', 'exit', 'belowThreshold'],
    },
    {
      name: 'a cross policy does not enter on a signal that was above 0 from the start',
      bars: [100, 100, 100, 100],
      cross: [1, 1, 1, 1],
      expect: [],
    },
    {
      name: 'a cross policy enters where the signal turns, and leaves where it turns back',
      bars: [100, 100, 110, 120],
      cross: [-1, 1, -1, -1],
      expect: [`bar 3: buy ${n(1000 / 110)} @ 110 (enterLong)`, `bar 4: sell ${n(1000 / 110)} @ 120 (exit)`],
    },
    {
      name: 'an account that is worth nothing gives up its short and enters nothing again',
      bars: [100, 100, 250, 250, 250],
      targets: { 1: -1, 4: 1 },
      allows: { margin: true },
      // Short 10 from 100: at 250 the loss of 1500 exceeds the 1000.
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 4: buy 10 @ 250 (nothingLeft)'],
      after: { 5: { equity: -500 } },
    },
  ]);
});
