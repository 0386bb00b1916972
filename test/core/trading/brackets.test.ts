import { describe } from 'vitest';
import { testCases } from '../../support/trading-case.ts';

const bracket = { stopLoss: 95, takeProfit: 110 };

describe('brackets: a stop and a target that come with the entry', () => {
  testCases([
    {
      name: 'the stop is live in the very bar of the entry',
      bars: [100, [100, 101, 94, 96]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 95 (stopLoss)'],
      after: { 2: { cash: 975, quantity: 0, stop: null, target: null } },
    },
    {
      name: 'so is the target',
      bars: [100, [100, 111, 99, 105]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 110 (takeProfit)'],
    },
    {
      name: 'the stop is reached when the low just touches it',
      bars: [100, [100, 101, 95, 96]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 95 (stopLoss)'],
    },
    {
      name: 'a later gap through the stop gives the position up at the open',
      bars: [100, 100, [90, 92, 88, 91]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 90 (stopLossGap)'],
      after: { 2: { stop: 95, target: 110 } },
    },
    {
      name: 'a later gap over the target takes the better open',
      bars: [100, 100, [115, 116, 114, 115]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 115 (takeProfitGap)'],
    },
    {
      name: 'an entry that opens below its stop is given up at the same open',
      bars: [100, [93, 94, 92, 93]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      costs: { taker: 0.01 },
      expect: ['bar 2: buy 5 @ 93 (market), fee 4.65', 'bar 2: sell 5 @ 93 (stopLossGap), fee 4.65'],
    },
    {
      name: 'an entry that opens beyond its target is given up at the same open',
      bars: [100, [112, 113, 111, 112]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      costs: { taker: 0.01 },
      expect: ['bar 2: buy 5 @ 112 (market), fee 5.6', 'bar 2: sell 5 @ 112 (takeProfitGap), fee 5.6'],
    },
    {
      name: 'the exits pay slippage and the fee of a taker',
      bars: [100, 100, [100, 101, 94, 96]],
      orders: { 1: [{ quantity: 4, protection: bracket }] },
      costs: { taker: 0.01, maker: 0.001, slippage: 0.02 },
      // 95 x 0.98 = 93.1.
      expect: ['bar 2: buy 4 @ 102 (market), fee 4.08, slippage 8', 'bar 3: sell 4 @ 93.1 (stopLoss), fee 3.724, slippage 7.6'],
    },
    {
      name: 'of a short position the stop lies above and the target below',
      bars: [100, 100, [100, 106, 99, 104]],
      orders: { 1: [{ quantity: -5, protection: { stopLoss: 105, takeProfit: 90 } }] },
      allows: { margin: true },
      expect: ['bar 2: sell 5 @ 100 (market)', 'bar 3: buy 5 @ 105 (stopLoss)'],
      after: { 2: { stop: 105, target: 90 }, 3: { cash: 975 } },
    },
    {
      name: 'a gap over the stop of a short position buys back at the open',
      bars: [100, 100, [120, 121, 119, 120]],
      orders: { 1: [{ quantity: -5, protection: { stopLoss: 105, takeProfit: 90 } }] },
      allows: { margin: true },
      expect: ['bar 2: sell 5 @ 100 (market)', 'bar 3: buy 5 @ 120 (stopLossGap)'],
    },
    {
      name: 'the target of a short position',
      bars: [100, 100, [100, 101, 89, 92]],
      orders: { 1: [{ quantity: -5, protection: { stopLoss: 105, takeProfit: 90 } }] },
      allows: { margin: true },
      expect: ['bar 2: sell 5 @ 100 (market)', 'bar 3: buy 5 @ 90 (takeProfit)'],
    },
    {
      name: 'a stop on the wrong side of the entry is refused with the order',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 101 } }] },
      expect: ['bar 1: no market: expected the stop loss below the entry 100, received 101'],
    },
    {
      name: 'a target on the wrong side of the limit is refused with the order',
      bars: [100, 100],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 94 } }] },
      expect: ['bar 1: no limit: expected the take profit above the entry 95, received 94'],
    },
    {
      name: 'what comes with the order goes before the guards, which stand for what it leaves open',
      bars: [100, 100, [100, 100, 92, 93]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 90 } }] },
      rules: { guards: { stopLoss: 0.05, takeProfit: 0.2 } },
      expect: ['bar 2: buy 5 @ 100 (market)'],
      after: { 3: { stop: 90, target: 120 } },
    },
    {
      name: 'a trailing stop of its own starts at the entry and is live from the next bar on',
      bars: [100, [100, 100, 85, 100], [100, 120, 99, 120], [120, 121, 107, 110]],
      orders: { 1: [{ quantity: 5, protection: { trailingStop: { fraction: 0.1 } } }] },
      // In bar 2 it sleeps although 85 < 90; 120 x 0.9 = 108 in bar 4.
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 4: sell 5 @ 108 (trailingStop)'],
      after: { 2: { trail: 90, peak: 100 }, 3: { trail: 108, peak: 120 }, 4: { trail: null, peak: null } },
    },
    {
      name: 'a trailing stop by distance',
      bars: [100, [100, 121, 100, 120], [120, 121, 112, 118]],
      orders: { 1: [{ quantity: 5, protection: { trailingStop: { distance: 7 } } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 113 (trailingStop)'],
    },
    {
      name: 'levels are put on the tick',
      bars: [100, 100],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 94.8, takeProfit: 110.3, trailingStop: { fraction: 0.093 } } }] },
      allows: { tick: 0.5 },
      expect: ['bar 2: buy 5 @ 100 (market)'],
      after: { 2: { stop: 95, target: 110.5, trail: 90.5 } },
    },
    {
      name: 'a position that is only made smaller keeps its levels',
      bars: [100, 100, 100, [100, 101, 94, 96]],
      orders: { 1: [{ quantity: 5, protection: bracket }], 2: [{ quantity: -2 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 2 @ 100 (market)', 'bar 4: sell 3 @ 95 (stopLoss)'],
    },
    {
      name: 'an addition brings its own levels for the whole position',
      bars: [100, 100, 100, [100, 101, 96, 98]],
      orders: { 1: [{ quantity: 5, protection: bracket }], 2: [{ quantity: 2, protection: { stopLoss: 97 } }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: buy 2 @ 100 (market)', 'bar 4: sell 7 @ 97 (stopLoss)'],
      after: { 3: { stop: 97, target: 110 } },
    },
    {
      name: 'a turn of the position forgets the levels of the old side',
      bars: [100, 100, 100, [100, 101, 94, 96]],
      orders: { 1: [{ quantity: 5, protection: bracket }], 2: [{ quantity: -8 }] },
      allows: { margin: true },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 100 (market)', 'bar 3: sell 3 @ 100 (market)'],
      after: { 4: { quantity: -3, stop: null, target: null } },
    },
    {
      name: 'an exit that is due at the open goes before the stop of that bar',
      bars: [100, 100, [100, 100, 90, 92]],
      orders: { 1: [{ quantity: 5, protection: bracket }], 2: [{ quantity: -5 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 100 (market)'],
    },
    {
      name: 'an exit that is due at the next close comes after the stop of that bar',
      bars: [100, 100, [100, 100, 90, 92]],
      orders: { 1: [{ quantity: 5, protection: bracket }], 2: [{ quantity: -5, reduceOnly: true }] },
      rules: { fill: 'next-close' },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: sell 5 @ 95 (stopLoss)',
        'bar 3: no market: reduce-only, and there is no position to make smaller',
      ],
    },
    {
      name: 'a target exit that is due at the next close is withdrawn by the stop of that bar',
      bars: [100, 100, [100, 100, 90, 92]],
      targets: { 1: 1, 2: 0 },
      rules: { fill: 'next-close', guards: { stopLoss: 0.05 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: no market: withdrawn by stopLoss', 'bar 3: sell 10 @ 95 (stopLoss)'],
    },
    {
      name: 'what was bought at the next close is not stopped by the range before it',
      bars: [100, [100, 101, 80, 100], [100, 101, 94, 96]],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      rules: { fill: 'next-close' },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 95 (stopLoss)'],
    },
    {
      name: 'what was bought at this close is not stopped by the range before it',
      bars: [
        [100, 101, 80, 100],
        [100, 101, 94, 96],
      ],
      orders: { 1: [{ quantity: 5, protection: bracket }] },
      rules: { fill: 'this-close' },
      expect: ['bar 1: buy 5 @ 100 (market)', 'bar 2: sell 5 @ 95 (stopLoss)'],
    },
  ]);
});

describe('entries inside a bar', () => {
  testCases([
    {
      name: 'a limit entry whose stop is hit on the way down, in the same bar',
      bars: [100, [100, 101, 89, 92]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { stopLoss: 90 } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker', 'bar 2: sell 5 @ 90 (stopLoss)'],
    },
    {
      name: 'the target of a limit entry may have been reached before it: it does not count, and the bar is ambiguous',
      bars: [100, [100, 106, 94, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 105 } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker', 'bar 2: ambiguous: entered within a bar that reached takeProfit'],
      after: { 2: { quantity: 5, target: 105 } },
    },
    {
      name: 'for the other bound it counts',
      bars: [100, [100, 106, 94, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 105 } }] },
      rules: { ambiguity: 'best' },
      expect: [
        'bar 2: buy 5 @ 95 (limit), maker',
        'bar 2: ambiguous: entered within a bar that reached takeProfit',
        'bar 2: sell 5 @ 105 (takeProfit)',
      ],
    },
    {
      name: 'a close beyond the target shows that it was reached after the limit',
      bars: [100, [100, 108, 94, 107]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 105 } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker', 'bar 2: sell 5 @ 105 (takeProfit)'],
    },
    {
      name: 'a limit entry with stop and target in its bar: the stop',
      bars: [100, [100, 106, 89, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { stopLoss: 90, takeProfit: 105 } }] },
      expect: [
        'bar 2: buy 5 @ 95 (limit), maker',
        'bar 2: ambiguous: entered within a bar that reached stopLoss and takeProfit',
        'bar 2: sell 5 @ 90 (stopLoss)',
      ],
    },
    {
      name: 'a stop entry and its stop in one bar: the worse is assumed, and the bar is ambiguous',
      bars: [100, [100, 106, 94, 101]],
      orders: { 1: [{ kind: 'stop', quantity: 5, trigger: 105, protection: { stopLoss: 95 } }] },
      expect: [
        'bar 2: buy 5 @ 105 (stop)',
        'bar 2: ambiguous: entered within a bar that reached stopLoss',
        'bar 2: sell 5 @ 95 (stopLoss)',
      ],
    },
    {
      name: 'for the other bound it is kept',
      bars: [100, [100, 106, 94, 101]],
      orders: { 1: [{ kind: 'stop', quantity: 5, trigger: 105, protection: { stopLoss: 95 } }] },
      rules: { ambiguity: 'best' },
      expect: ['bar 2: buy 5 @ 105 (stop)', 'bar 2: ambiguous: entered within a bar that reached stopLoss'],
      after: { 2: { quantity: 5 } },
    },
    {
      name: 'a close beyond its stop shows that it was reached after the entry',
      bars: [100, [100, 106, 92, 93]],
      orders: { 1: [{ kind: 'stop', quantity: 5, trigger: 105, protection: { stopLoss: 95 } }] },
      rules: { ambiguity: 'best' },
      expect: ['bar 2: buy 5 @ 105 (stop)', 'bar 2: sell 5 @ 95 (stopLoss)'],
    },
    {
      name: 'the target of a stop entry lies further on the same way: it is reached after it',
      bars: [100, [100, 112, 99, 108]],
      orders: { 1: [{ kind: 'stop', quantity: 5, trigger: 105, protection: { takeProfit: 110 } }] },
      expect: ['bar 2: buy 5 @ 105 (stop)', 'bar 2: sell 5 @ 110 (takeProfit)'],
    },
    {
      name: 'a short limit entry whose stop is hit further up in the same bar',
      bars: [100, [100, 112, 99, 108]],
      orders: { 1: [{ kind: 'limit', quantity: -5, limit: 105, protection: { stopLoss: 110 } }] },
      allows: { margin: true },
      expect: ['bar 2: sell 5 @ 105 (limit), maker', 'bar 2: buy 5 @ 110 (stopLoss)'],
    },
    {
      name: 'a stop-limit that rests is a limit: its target may have been reached before, and does not count',
      bars: [100, [106, 107, 105.5, 106], [106, 112, 103, 107]],
      orders: { 1: [{ kind: 'stop-limit', quantity: 5, trigger: 105, limit: 105, protection: { takeProfit: 110 } }] },
      expect: ['bar 3: buy 5 @ 105 (stop-limit), maker', 'bar 3: ambiguous: entered within a bar that reached takeProfit'],
      after: { 3: { quantity: 5 } },
    },
    {
      name: 'a trailing stop sleeps in the bar of a limit entry',
      bars: [100, [100, 101, 80, 92]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { trailingStop: { fraction: 0.1 } } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker'],
      after: { 2: { trail: 85.5 } },
    },
    {
      name: 'an entry that was filled in part is protected: a gap through its stop gives that up and withdraws the rest',
      bars: [100, [100, 101, 94, 97, 20], [89, 98, 88, 92, 20], 100],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { stopLoss: 90 } }] },
      rules: { volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: ['bar 2: buy 2 @ 95 (limit), maker', 'bar 3: no limit: withdrawn by stopLossGap', 'bar 3: sell 2 @ 89 (stopLossGap)'],
    },
    {
      name: 'inside a bar the price meets the rest of that entry before the stop: both fill',
      bars: [100, [100, 101, 94, 97, 20], [97, 98, 89, 92, 90], 100],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { stopLoss: 90 } }] },
      rules: { volumeCap: { share: 0.1, quantity: 'resolve' } },
      // 9 may be traded: 3 to complete the entry, 5 for the exit.
      expect: ['bar 2: buy 2 @ 95 (limit), maker', 'bar 3: buy 3 @ 95 (limit), maker', 'bar 3: sell 5 @ 90 (stopLoss)'],
    },
    {
      name: 'where the entry uses up the volume the exit goes on at the next open, and what is left of the entry is withdrawn',
      bars: [100, [100, 101, 94, 97, 20], [97, 98, 89, 92, 20], [91, 91, 90, 90, 1000]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { stopLoss: 90 } }] },
      rules: { volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: [
        'bar 2: buy 2 @ 95 (limit), maker',
        'bar 3: buy 2 @ 95 (limit), maker',
        'bar 3: no limit: withdrawn by stopLoss',
        'bar 4: sell 4 @ 91 (stopLoss)',
      ],
    },
    {
      name: 'an addition that lies between the open and the stop is filled before the stop, which gives up all of it',
      bars: [100, 100, [100, 101, 89, 92]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 90 } }], 2: [{ kind: 'limit', quantity: 3, limit: 95 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: buy 3 @ 95 (limit), maker', 'bar 3: sell 8 @ 90 (stopLoss)'],
    },
    {
      name: 'an addition on the other side of the open than the stop: the worse is that it comes first, and all is given up',
      bars: [100, 100, [100, 106, 89, 98]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 90 } }], 2: [{ kind: 'stop', quantity: 3, trigger: 105 }] },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stopLoss and a stop order within one bar',
        'bar 3: buy 3 @ 105 (stop)',
        'bar 3: sell 8 @ 90 (stopLoss)',
      ],
    },
    {
      name: 'for the other bound the stop comes first, and withdraws the addition',
      bars: [100, 100, [100, 106, 89, 98]],
      orders: { 1: [{ quantity: 5, protection: { stopLoss: 90 } }], 2: [{ kind: 'stop', quantity: 3, trigger: 105 }] },
      rules: { ambiguity: 'best' },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stopLoss and a stop order within one bar',
        'bar 3: no stop: withdrawn by stopLoss',
        'bar 3: sell 5 @ 90 (stopLoss)',
      ],
    },
    {
      name: 'a limit exit that lies between the open and the target is filled before the target, which gives up the rest',
      bars: [100, 100, [100, 112, 99, 108]],
      orders: { 1: [{ quantity: 5, protection: { takeProfit: 110 } }], 2: [{ kind: 'limit', quantity: -3, limit: 105 }] },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 3 @ 105 (limit), maker', 'bar 3: sell 2 @ 110 (takeProfit)'],
    },
    {
      name: 'a limit exit on the other side of the open than the stop: the stop comes first, and the bar is ambiguous',
      bars: [100, 100, [100, 106, 89, 98]],
      orders: {
        1: [{ quantity: 5, protection: { stopLoss: 90 } }],
        2: [{ kind: 'limit', quantity: -5, limit: 105, reduceOnly: true }],
      },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stopLoss and a limit order within one bar',
        'bar 3: sell 5 @ 90 (stopLoss)',
        'bar 3: no limit: reduce-only, and there is no position to make smaller',
      ],
    },
    {
      name: 'for the other bound the limit exit comes first',
      bars: [100, 100, [100, 106, 89, 98]],
      orders: {
        1: [{ quantity: 5, protection: { stopLoss: 90 } }],
        2: [{ kind: 'limit', quantity: -5, limit: 105, reduceOnly: true }],
      },
      rules: { ambiguity: 'best' },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stopLoss and a limit order within one bar',
        'bar 3: sell 5 @ 105 (limit), maker',
      ],
    },
  ]);
});

describe('one cancels the other', () => {
  const exits = (quantity: number) =>
    [
      { kind: 'limit', quantity, limit: 110, group: 'exit' },
      { kind: 'stop', quantity, trigger: 95, group: 'exit' },
    ] as const;
  const breakout = [
    { kind: 'stop', quantity: 5, trigger: 105, group: 'breakout' },
    { kind: 'stop', quantity: -5, trigger: 97, group: 'breakout' },
  ] as const;
  testCases([
    {
      name: 'the target fills, the stop is cancelled',
      bars: [100, 100, [100, 111, 99, 105], 90],
      orders: { 1: [{ quantity: 5 }], 2: exits(-5) },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: sell 5 @ 110 (limit), maker',
        'bar 3: no stop: cancelled by another order of its group',
      ],
    },
    {
      name: 'the stop fills, the target is cancelled',
      bars: [100, 100, [100, 101, 94, 96], 120],
      orders: { 1: [{ quantity: 5 }], 2: exits(-5) },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 95 (stop)', 'bar 3: no limit: cancelled by another order of its group'],
    },
    {
      name: 'both within one bar: the stop, and the bar is ambiguous',
      bars: [100, 100, [100, 111, 94, 105]],
      orders: { 1: [{ quantity: 5 }], 2: exits(-5) },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stop and limit orders within one bar',
        'bar 3: sell 5 @ 95 (stop)',
        'bar 3: no limit: cancelled by another order of its group',
      ],
    },
    {
      name: 'both within one bar, the other bound: the target',
      bars: [100, 100, [100, 111, 94, 105]],
      orders: { 1: [{ quantity: 5 }], 2: exits(-5) },
      rules: { ambiguity: 'best' },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stop and limit orders within one bar',
        'bar 3: sell 5 @ 110 (limit), maker',
        'bar 3: no stop: cancelled by another order of its group',
      ],
    },
    {
      name: 'an open beyond one of them decides, whatever the bar does later',
      bars: [100, 100, [112, 113, 90, 92]],
      orders: { 1: [{ quantity: 5 }], 2: exits(-5) },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: sell 5 @ 112 (limit)', 'bar 3: no stop: cancelled by another order of its group'],
    },
    {
      name: 'a breakout up cancels the order to sell short',
      bars: [100, [100, 106, 99, 104], [104, 104, 90, 91]],
      orders: { 1: breakout },
      allows: { margin: true },
      expect: ['bar 2: buy 5 @ 105 (stop)', 'bar 2: no stop: cancelled by another order of its group'],
    },
    {
      name: 'both sides of a breakout within one bar: the nearer to the open, and the bar is ambiguous',
      bars: [100, [100, 106, 96, 104]],
      orders: { 1: breakout },
      allows: { margin: true },
      expect: [
        'bar 2: ambiguous: two orders of a group within one bar',
        'bar 2: sell 5 @ 97 (stop)',
        'bar 2: no stop: cancelled by another order of its group',
      ],
    },
    {
      name: 'two entries on one side of the open: the nearer one comes first without a doubt',
      bars: [100, [100, 100, 89, 95]],
      orders: {
        1: [
          { kind: 'limit', quantity: 5, limit: 90, group: 'dip' },
          { kind: 'limit', quantity: 5, limit: 95, group: 'dip' },
        ],
      },
      expect: ['bar 2: buy 5 @ 95 (limit), maker', 'bar 2: no limit: cancelled by another order of its group'],
    },
    {
      name: 'a fill in part cancels the others at once, and goes on itself',
      bars: [100, [100, 100, 94, 98, 20], [98, 106, 94, 100, 20]],
      orders: {
        1: [
          { kind: 'limit', quantity: 4, limit: 95, group: 'entry' },
          { kind: 'stop', quantity: 4, trigger: 105, group: 'entry' },
        ],
      },
      rules: { volumeCap: { share: 0.1, quantity: 'resolve' } },
      expect: [
        'bar 2: buy 2 @ 95 (limit), maker',
        'bar 2: no stop: cancelled by another order of its group',
        'bar 3: buy 2 @ 95 (limit), maker',
      ],
    },
    {
      name: 'an order of the group that is refused cancels nothing',
      bars: [100, [100, 106, 99, 104], [104, 104, 94, 96]],
      orders: {
        1: [
          { kind: 'limit', quantity: -4, limit: 105, group: 'g' },
          { kind: 'limit', quantity: 4, limit: 95, group: 'g' },
        ],
      },
      expect: ['bar 2: no limit: spot is never sold short', 'bar 3: buy 4 @ 95 (limit), maker'],
    },
    {
      name: 'groups of two markets have nothing to do with each other',
      markets: { a: [100, [100, 100, 94, 98]], b: [100, 100] },
      orders: {
        1: [
          { market: 'a', kind: 'limit', quantity: 2, limit: 95, group: 'g' },
          { market: 'b', kind: 'limit', quantity: 2, limit: 95, group: 'g' },
        ],
      },
      expect: ['bar 2: buy 2 a @ 95 (limit), maker', 'waiting: buy limit'],
    },
    {
      name: 'a stop and an addition on one side of the open come in their order, without a doubt',
      bars: [100, 100, [100, 100, 94, 96]],
      orders: {
        1: [{ quantity: 5 }],
        2: [
          { kind: 'stop', quantity: -5, trigger: 95 },
          { kind: 'limit', quantity: 2, limit: 98 },
        ],
      },
      expect: ['bar 2: buy 5 @ 100 (market)', 'bar 3: buy 2 @ 98 (limit), maker', 'bar 3: sell 5 @ 95 (stop)'],
      after: { 3: { quantity: 2 } },
    },
    {
      name: 'one bar with three orders is one ambiguous bar',
      bars: [100, 100, [100, 116, 94, 105]],
      orders: {
        1: [{ quantity: 5 }],
        2: [
          { kind: 'stop', quantity: -3, trigger: 95 },
          { kind: 'limit', quantity: -1, limit: 110 },
          { kind: 'limit', quantity: -1, limit: 115 },
        ],
      },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: ambiguous: stop and limit orders within one bar',
        'bar 3: sell 3 @ 95 (stop)',
        'bar 3: sell 1 @ 110 (limit), maker',
        'bar 3: sell 1 @ 115 (limit), maker',
      ],
    },
  ]);
});
