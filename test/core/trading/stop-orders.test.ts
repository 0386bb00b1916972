import { describe } from 'vitest';
import { testCases } from '../../support/trading-case.ts';

describe('stop orders', () => {
  testCases([
    {
      name: 'a buy stop fills at its trigger, as a market order: slippage and the fee of a taker',
      bars: [100, [100, 106, 99, 104]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      costs: { taker: 0.01, maker: 0.001, slippage: 0.02 },
      // 107.1 after slippage; 4 x 2.1; 428.4 x 1 %.
      expect: ['bar 2: buy 4 @ 107.1 (stop), fee 4.284, slippage 8.4'],
    },
    {
      name: 'a trigger that is just reached sets it off',
      bars: [100, [100, 105, 99, 104]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      expect: ['bar 2: buy 4 @ 105 (stop)'],
    },
    {
      name: 'a gap over a buy stop fills at the open',
      bars: [100, [108, 109, 107, 108]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      expect: ['bar 2: buy 4 @ 108 (stop)'],
    },
    {
      name: 'a gap through a sell stop fills at the open, below the trigger',
      bars: [100, 100, [85, 88, 84, 86]],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'stop', quantity: -4, trigger: 95 }] },
      expect: ['bar 2: buy 4 @ 100 (market)', 'bar 3: sell 4 @ 85 (stop)'],
    },
    {
      name: 'a sell stop sells short on margin',
      bars: [100, [100, 100, 94, 96]],
      orders: { 1: [{ kind: 'stop', quantity: -4, trigger: 95 }] },
      allows: { margin: true },
      expect: ['bar 2: sell 4 @ 95 (stop)'],
      after: { 2: { quantity: -4, equity: 996 } },
    },
    {
      name: 'a buy stop at or below the close is refused',
      bars: [100, 100],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 100 }] },
      expect: ['bar 1: no stop: expected the trigger of a buy stop order above the close 100, received 100'],
    },
    {
      name: 'a sell stop above the close is refused',
      bars: [100, 100],
      orders: { 1: [{ kind: 'stop', quantity: -4, trigger: 101 }] },
      expect: ['bar 1: no stop: expected the trigger of a sell stop order below the close 100, received 101'],
    },
    {
      name: 'a bar without volume sets nothing off; the next open beyond the trigger does',
      bars: [100, [100, 110, 100, 110, 0], [108, 109, 107, 108]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      expect: ['bar 3: buy 4 @ 108 (stop)'],
    },
    {
      name: 'with fill next-close a stop fills inside the bar all the same',
      bars: [100, [100, 106, 99, 104]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      rules: { fill: 'next-close' },
      expect: ['bar 2: buy 4 @ 105 (stop)'],
    },
    {
      name: 'with fill this-close a stop fills inside the next bar',
      bars: [
        [90, 120, 90, 100],
        [100, 106, 99, 104],
      ],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      rules: { fill: 'this-close' },
      expect: ['bar 2: buy 4 @ 105 (stop)'],
    },
    {
      name: 'a stop that the volume fills in part goes on as a market order at the next open',
      bars: [100, [100, 106, 99, 104, 20], [97, 98, 96, 97]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105 }] },
      rules: { volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: ['bar 2: buy 2 @ 105 (stop)', 'bar 3: buy 2 @ 97 (stop)'],
    },
    {
      name: 'the trigger is put on the tick',
      bars: [100, [100, 106, 99, 104]],
      orders: { 1: [{ kind: 'stop', quantity: 4, trigger: 105.4 }] },
      allows: { tick: 0.5 },
      expect: ['bar 2: buy 4 @ 105.5 (stop)'],
    },
  ]);
});

describe('stop-limit orders', () => {
  testCases([
    {
      name: 'set off inside the bar it fills at its trigger, where the limit lies beyond it',
      bars: [100, [100, 106, 99, 104]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      expect: ['bar 2: buy 4 @ 105 (stop-limit)'],
    },
    {
      name: 'its slippage goes no further than its limit',
      bars: [100, [100, 106, 99, 104]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 106 }] },
      costs: { slippage: 0.02 },
      // 107.1 would be paid; 106 is the most.
      expect: ['bar 2: buy 4 @ 106 (stop-limit), slippage 4'],
    },
    {
      name: 'set off by an open within its limit it takes at the open',
      bars: [100, [106, 108, 104, 105]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 4 @ 106 (stop-limit), fee 4.24'],
    },
    {
      name: 'left behind by the open it rests at its limit, and fills there when the bar comes back through it',
      bars: [100, [110, 111, 106, 108]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 4 @ 107 (stop-limit), fee 0.428, maker'],
    },
    {
      name: 'left behind and only touched on the way back, it waits',
      bars: [100, [110, 111, 107, 108]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      expect: ['waiting: buy stop-limit'],
    },
    {
      name: 'left behind for good it never fills',
      bars: [100, [110, 111, 108, 110], 120, 130],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      expect: ['waiting: buy stop-limit'],
    },
    {
      name: 'left behind it may fill at a later open below its limit, as a maker',
      bars: [100, [110, 111, 108, 110], [103, 104, 102, 103]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      expect: ['bar 3: buy 4 @ 103 (stop-limit), maker'],
    },
    {
      name: 'a limit nearer than its trigger waits until a later bar comes back through it',
      bars: [100, [100, 106, 99, 104], [104, 105, 102, 104]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 4, trigger: 105, limit: 103 }] },
      expect: ['bar 3: buy 4 @ 103 (stop-limit), maker'],
    },
    {
      name: 'which another fill in the same bar does not change',
      bars: [100, [100, 106, 99, 104], [104, 105, 102, 104]],
      orders: {
        1: [
          { kind: 'stop-limit', quantity: 4, trigger: 105, limit: 103 },
          { kind: 'limit', quantity: 1, limit: 99.5 },
        ],
      },
      expect: ['bar 2: buy 1 @ 99.5 (limit), maker', 'bar 3: buy 4 @ 103 (stop-limit), maker'],
    },
    {
      name: 'set off at the same open as a market order it takes as well',
      bars: [100, [106, 108, 104, 105]],
      orders: { 1: [{ quantity: 1 }, { kind: 'stop-limit', quantity: 4, trigger: 105, limit: 107 }] },
      costs: { taker: 0.01, maker: 0.001 },
      expect: ['bar 2: buy 1 @ 106 (market), fee 1.06', 'bar 2: buy 4 @ 106 (stop-limit), fee 4.24'],
    },
    {
      name: 'a sell stop-limit that is left behind keeps the position',
      bars: [100, 100, [88, 91, 87, 90]],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'stop-limit', quantity: -4, trigger: 95, limit: 93 }] },
      expect: ['bar 2: buy 4 @ 100 (market)', 'waiting: sell stop-limit'],
      after: { 3: { quantity: 4 } },
    },
  ]);
});

describe('trailing stop orders', () => {
  testCases([
    {
      name: 'it follows the closes, not the highs, and never goes back',
      bars: [100, [100, 150, 99, 120], [120, 121, 110, 111], [111, 112, 107, 109]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { fraction: 0.1 } }] },
      // 120 x 0.9 = 108, reached in bar 4; in bar 3 the low of 110 stays above.
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 4: sell 5 @ 108 (trailing-stop)'],
    },
    {
      name: 'it starts from the close at which it was placed',
      bars: [100, [100, 101, 89, 95]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { fraction: 0.1 } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 90 (trailing-stop)'],
    },
    {
      name: 'a distance in quote works the same way',
      bars: [100, [100, 121, 100, 120], [120, 121, 112, 113]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { distance: 7 } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 113 (trailing-stop)'],
    },
    {
      name: 'a gap through it fills at the open',
      bars: [100, [100, 121, 100, 120], [104, 105, 103, 104]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { fraction: 0.1 } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 104 (trailing-stop)'],
    },
    {
      name: 'to buy, it follows falling closes from above',
      bars: [100, [100, 100, 70, 80], [80, 89, 79, 85]],
      orders: { 1: [{ kind: 'trailing-stop', quantity: 5, trail: { fraction: 0.1 } }] },
      // 80 x 1.1.
      expect: ['bar 3: buy 5 @ 88 (trailing-stop)'],
    },
    {
      name: 'its level is put on the tick',
      bars: [100, [100, 101, 89, 95]],
      orders: { 1: [{ quantity: 5 }, { kind: 'trailing-stop', quantity: -5, trail: { fraction: 0.093 } }] },
      allows: { tick: 0.5 },
      // 90.7 is nearest to 90.5.
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 90.5 (trailing-stop)'],
    },
  ]);
});

describe('take-profit orders', () => {
  testCases([
    {
      name: 'it sells at its trigger as soon as that is reached, as a market order',
      bars: [100, 100, [100, 110, 99, 105]],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'take-profit', quantity: -4, trigger: 110 }] },
      costs: { slippage: 0.01 },
      expect: ['bar 2: buy 4 @ 101 (market), slippage 4', 'bar 3: sell 4 @ 108.9 (take-profit), slippage 4.4'],
    },
    {
      name: 'an open beyond it is the better price',
      bars: [100, 100, [115, 116, 114, 115]],
      orders: { 1: [{ quantity: 4 }], 2: [{ kind: 'take-profit', quantity: -4, trigger: 110 }] },
      expect: ['bar 2: buy 4 @ 100 (market)', 'bar 3: sell 4 @ 115 (take-profit)'],
    },
    {
      name: 'a short is bought back at a trigger below',
      bars: [100, 100, [100, 101, 89, 95]],
      orders: { 1: [{ quantity: -4 }], 2: [{ kind: 'take-profit', quantity: 4, trigger: 90 }] },
      allows: { margin: true },
      expect: ['bar 2: sell 4 @ 100 (market)', 'bar 3: buy 4 @ 90 (take-profit)'],
      after: { 3: { cash: 1040 } },
    },
    {
      name: 'on the wrong side of the close it is refused',
      bars: [100, 100],
      orders: { 1: [{ kind: 'take-profit', quantity: -4, trigger: 99 }] },
      expect: ['bar 1: no take-profit: expected the trigger of a sell take-profit order above the close 100, received 99'],
    },
  ]);
});
