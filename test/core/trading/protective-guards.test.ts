import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

const both = { stopLoss: 0.05, takeProfit: 0.1 };

describe('stop loss and take profit as fractions of the entry price', () => {
  testCases([
    {
      name: 'they are measured from the price paid, slippage included',
      bars: [100, 100],
      orders: { 1: [{ quantity: 4 }] },
      costs: { slippage: 0.01 },
      rules: { guards: both },
      expect: ['bar 2: buy 4 @ 101 (market), slippage 4'],
      after: { 2: { stop: 95.95, target: 111.1 } },
    },
    {
      name: 'a stop in the bar of the entry',
      bars: [100, [100, 101, 94, 97]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 2: sell 10 @ 95 (stopLoss)'],
      after: { 2: { cash: 950 } },
    },
    {
      name: 'stop and target within one bar: the stop first, and the bar is ambiguous',
      bars: [100, 100, [100, 111, 94, 100]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: ambiguous: stopLoss and takeProfit within one bar',
        'bar 3: sell 10 @ 95 (stopLoss)',
      ],
    },
    {
      name: 'the other bound of that bar: the target first',
      bars: [100, 100, [100, 111, 94, 100]],
      targets: { 1: 1 },
      rules: { guards: both, ambiguity: 'best' },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: ambiguous: stopLoss and takeProfit within one bar',
        'bar 3: sell 10 @ 110 (takeProfit)',
      ],
    },
    {
      name: 'an open beyond the target leaves nothing in doubt, though the bar falls to the stop later',
      bars: [100, 100, [112, 113, 90, 91]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 112 (takeProfitGap)'],
    },
    {
      name: 'an open beyond the stop leaves nothing in doubt, though the bar rises to the target later',
      bars: [100, 100, [94, 113, 90, 112]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 94 (stopLossGap)'],
    },
    {
      name: 'an open exactly at the stop is a gap at that price',
      bars: [100, 100, [95, 99, 95, 98]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 95 (stopLossGap)'],
    },
    {
      name: 'of a short position the stop lies above its entry',
      bars: [100, 100, [100, 106, 99, 103]],
      targets: { 1: -1 },
      rules: { guards: both },
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 3: buy 10 @ 105 (stopLoss)'],
      after: { 2: { stop: 105, target: 90 }, 3: { cash: 950 } },
    },
    {
      name: 'of a short position the target lies below its entry',
      bars: [100, 100, [100, 101, 89, 92]],
      targets: { 1: -1 },
      rules: { guards: both },
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 3: buy 10 @ 90 (takeProfit)'],
    },
    {
      name: 'of a short position both within one bar: the stop',
      bars: [100, 100, [100, 106, 89, 100]],
      targets: { 1: -1 },
      rules: { guards: both },
      allows: { margin: true },
      expect: [
        'bar 2: sell 10 @ 100 (enterShort)',
        'bar 3: ambiguous: stopLoss and takeProfit within one bar',
        'bar 3: buy 10 @ 105 (stopLoss)',
      ],
    },
    {
      name: 'after an addition they are measured from the average entry price',
      bars: [100, 100, 110],
      orders: { 1: [{ quantity: 3 }], 2: [{ quantity: 2 }] },
      rules: { guards: both },
      // (300 + 220) / 5 = 104.
      expect: ['bar 2: buy 3 @ 100 (market)', 'bar 3: buy 2 @ 110 (market)'],
      after: { 3: { entryPrice: 104, stop: 98.8, target: 114.4 } },
    },
    {
      name: 'a level policy is back at the next open, for its condition still holds',
      bars: [100, 100, [100, 100, 94, 96], 96],
      level: [1, 1, 1, 1],
      rules: { guards: { stopLoss: 0.05 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 95 (stopLoss)', `bar 4: buy ${n(950 / 96)} @ 96 (enterLong)`],
    },
    {
      name: 'a cross policy needs a new cross after a stop',
      bars: [100, 100, 100, [100, 100, 94, 96], 96, 96, 96, 96],
      cross: [-1, 1, 1, 1, 1, -1, 1, 1],
      rules: { guards: { stopLoss: 0.05 } },
      expect: ['bar 3: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 95 (stopLoss)', `bar 8: buy ${n(950 / 96)} @ 96 (enterLong)`],
    },
    {
      name: 'a cross at the close of the very bar of the stop counts as a new one',
      bars: [100, 100, 100, 100, [100, 100, 94, 96], 96],
      cross: [-1, 1, 1, 0, 1, 1],
      rules: { guards: { stopLoss: 0.05 }, fill: 'next-close' },
      // The exit decided at bar 4 is due at the close of bar 5, and the stop of bar 5 comes before it.
      expect: [
        'bar 3: buy 10 @ 100 (enterLong)',
        'bar 5: no market: withdrawn by stopLoss',
        'bar 5: sell 10 @ 95 (stopLoss)',
        `bar 6: buy ${n(950 / 96)} @ 96 (enterLong)`,
      ],
    },
    {
      name: 'a bar without volume gives nothing up; the next open beyond the stop does',
      bars: [100, 100, [100, 100, 90, 94, 0], [93, 94, 92, 93]],
      targets: { 1: 1 },
      rules: { guards: both },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 93 (stopLossGap)'],
    },
    {
      name: 'the guards of a market go before those of all positions',
      markets: { a: [100, 100, [100, 100, 94, 94]], b: [100, 100, [100, 100, 94, 94]] },
      targets: { 1: 0.5 },
      rules: { guards: { stopLoss: 0.05 }, marketGuards: { b: { stopLoss: 0.2 } } },
      expect: ['bar 2: buy 5 a @ 100 (enterLong)', 'bar 2: buy 5 b @ 100 (enterLong)', 'bar 3: sell 5 a @ 95 (stopLoss)'],
      after: { 3: { 'b stop': 80 } },
    },
    {
      name: 'stops of two markets in one bar are one batch',
      markets: { a: [100, 100, [100, 100, 94, 94]], b: [50, 50, [50, 50, 45, 46]] },
      targets: { 1: 0.5 },
      rules: { guards: { stopLoss: 0.05 } },
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        'bar 2: buy 10 b @ 50 (enterLong)',
        'bar 3: sell 5 a @ 95 (stopLoss)',
        'bar 3: sell 10 b @ 47.5 (stopLoss)',
      ],
      after: { 3: { cash: 950 } },
    },
  ]);
});

describe('trailing stop', () => {
  const trailing = { guards: { trailingStop: { fraction: 0.1 } } };
  testCases([
    {
      name: 'its best price moves at closes only: a high on the way counts for nothing',
      bars: [100, 100, [100, 150, 100, 120], [120, 121, 107, 110]],
      targets: { 1: 1 },
      rules: trailing,
      // 120 x 0.9 = 108, not 135.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 108 (trailingStop)'],
      after: { 2: { peak: 100, trail: 90 }, 3: { peak: 120, trail: 108 } },
    },
    {
      name: 'with intrabar its best price moves with the highs, after the bar',
      bars: [100, 100, [100, 150, 100, 140], [140, 141, 134, 138]],
      targets: { 1: 1 },
      rules: { guards: { trailingStop: { fraction: 0.1, intrabar: true } } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 135 (trailingStop)'],
      after: { 3: { peak: 150, trail: 135 } },
    },
    {
      name: 'with intrabar the high of the bar of the entry does not count, its close does',
      bars: [100, [100, 150, 100, 110]],
      targets: { 1: 1 },
      rules: { guards: { trailingStop: { fraction: 0.1, intrabar: true } } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 2: { peak: 110, trail: 99 } },
    },
    {
      name: 'it sleeps in the bar of the entry, and wakes at the next open',
      bars: [100, [100, 100, 80, 85], [86, 88, 84, 87]],
      targets: { 1: 1 },
      rules: trailing,
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: sell 10 @ 86 (trailingStopGap)'],
    },
    {
      name: 'it never goes back when the price falls',
      bars: [100, 100, [100, 120, 100, 120], [120, 120, 109, 110], [110, 111, 108.5, 110]],
      targets: { 1: 1 },
      rules: trailing,
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
      after: { 3: { trail: 108 }, 4: { trail: 108 }, 5: { trail: 108, quantity: 10 } },
    },
    {
      name: 'of a short position it follows the falling closes from above',
      bars: [100, 100, [100, 101, 70, 80], [80, 89, 79, 85]],
      targets: { 1: -1 },
      rules: trailing,
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 4: buy 10 @ 88 (trailingStop)'],
      after: { 2: { peak: 100, trail: 110 }, 3: { peak: 80, trail: 88 } },
    },
    {
      name: 'of a short position with intrabar it follows the lows',
      bars: [100, 100, [100, 101, 70, 75], [75, 78, 74, 75]],
      targets: { 1: -1 },
      rules: { guards: { trailingStop: { fraction: 0.1, intrabar: true } } },
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 4: buy 10 @ 77 (trailingStop)'],
    },
    {
      name: 'a gap over the trailing stop of a short position buys back at the open',
      bars: [100, 100, [100, 101, 70, 80], [95, 96, 94, 95]],
      targets: { 1: -1 },
      rules: trailing,
      allows: { margin: true },
      expect: ['bar 2: sell 10 @ 100 (enterShort)', 'bar 4: buy 10 @ 95 (trailingStopGap)'],
    },
    {
      name: 'as a multiple of the average true range it uses what was known before the fill, then at each close, and never loosens',
      bars: [100, 100, [100, 110, 100, 110], [110, 111, 99, 105]],
      targets: { 1: 1 },
      rules: { guards: { trailingStop: { multiple: 2, period: 1 } } },
      trueRange: [3, 4, 5, 6],
      // 100 - 2 x 3; at the close 100 - 2 x 4 would be looser; 110 - 2 x 5.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 100 (trailingStop)'],
      after: { 2: { trail: 94 }, 3: { trail: 100 } },
    },
    {
      name: 'as a multiple of a range that calms down it is measured from the best close, not from the last one',
      bars: [100, 100, [100, 110, 100, 110], [110, 110, 106, 106], [106, 106, 104, 105]],
      targets: { 1: 1 },
      rules: { guards: { trailingStop: { multiple: 2, period: 1 } } },
      trueRange: [3, 3, 5, 2, 2],
      // 110 - 2 x 5; after the fall to 106 it is 110 - 2 x 2 = 106, where the next bar opens.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 5: sell 10 @ 106 (trailingStopGap)'],
      after: { 3: { trail: 100 }, 4: { trail: 106 } },
    },
    {
      name: 'of stop loss and trailing stop the nearer one is reached first',
      bars: [100, 100, [100, 110, 100, 110], [110, 111, 90, 95]],
      targets: { 1: 1 },
      rules: { guards: { stopLoss: 0.05, trailingStop: { fraction: 0.1 } } },
      // 110 x 0.9 = 99 lies above 95.
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 4: sell 10 @ 99 (trailingStop)'],
    },
    {
      name: 'in the bar of the entry only the stop loss is awake',
      bars: [100, [100, 110, 80, 85]],
      targets: { 1: 1 },
      rules: { guards: { stopLoss: 0.15, trailingStop: { fraction: 0.1 } } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 2: sell 10 @ 85 (stopLoss)'],
    },
  ]);
});

describe('bars of a lower interval decide what came first', () => {
  const fixed = { bars: [100, 100, [100, 111, 94, 100]], targets: { 1: 1 }, rules: { guards: both }, detailPerBar: 2 } as const;
  const [before, entry] = [[null, null] as const, 'bar 2: buy 10 @ 100 (enterLong)'];
  testCases([
    {
      ...fixed,
      name: 'the target in the first half, the stop in the second: the target, and no doubt',
      detail: [...before, ...before, [100, 111, 100, 105], [105, 105, 94, 100]],
      expect: [entry, 'bar 3: sell 10 @ 110 (takeProfit)'],
    },
    {
      ...fixed,
      name: 'the stop in the first half, the target in the second: the stop, and no doubt',
      detail: [...before, ...before, [100, 101, 94, 96], [96, 111, 96, 100]],
      expect: [entry, 'bar 3: sell 10 @ 95 (stopLoss)'],
    },
    {
      ...fixed,
      name: 'both in one half: the stop, and the bar is ambiguous still',
      detail: [...before, ...before, [100, 101, 99, 100], [100, 111, 94, 100]],
      expect: [entry, 'bar 3: ambiguous: stopLoss and takeProfit within one bar', 'bar 3: sell 10 @ 95 (stopLoss)'],
    },
    {
      ...fixed,
      name: 'a trailing stop sleeps through the whole bar of the entry, a gap within it included',
      bars: [100, [100, 101, 84, 86], [86, 88, 85, 87]],
      rules: { guards: { trailingStop: { fraction: 0.1 } } },
      detail: [...before, [100, 101, 100, 100], [85, 86, 84, 86], ...before],
      // 100 x 0.9 = 90: awake from bar 3 on, which opens beyond it.
      expect: [entry, 'bar 3: sell 10 @ 86 (trailingStopGap)'],
    },
    {
      ...fixed,
      name: 'a gap between two halves fills at the open of the second',
      bars: [100, 100, [100, 101, 92, 93]],
      detail: [...before, ...before, [100, 101, 99, 100], [93, 94, 92, 93]],
      expect: [entry, 'bar 3: sell 10 @ 93 (stopLossGap)'],
    },
    {
      ...fixed,
      name: 'where they are missing the bar itself decides',
      detail: [100, 100, 100, 100, ...before],
      expect: [entry, 'bar 3: ambiguous: stopLoss and takeProfit within one bar', 'bar 3: sell 10 @ 95 (stopLoss)'],
    },
    {
      ...fixed,
      name: 'a half without volume fills nothing',
      detail: [...before, ...before, [100, 111, 100, 105, 0], [105, 105, 94, 100]],
      expect: [entry, 'bar 3: sell 10 @ 95 (stopLoss)'],
    },
    {
      name: 'a limit entry in the first half, its target in the second: it counts',
      bars: [100, [100, 106, 94, 100]],
      detail: [null, null, [100, 100, 94, 98], [98, 106, 98, 100]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 105 } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker', 'bar 2: sell 5 @ 105 (takeProfit)'],
    },
    {
      name: 'the target in the first half, the limit entry in the second: it does not',
      bars: [100, [100, 106, 94, 98]],
      detail: [null, null, [100, 106, 100, 100], [100, 100, 94, 98]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95, protection: { takeProfit: 105 } }] },
      expect: ['bar 2: buy 5 @ 95 (limit), maker'],
    },
    {
      name: 'a limit that the second half opens beyond has made: at that open',
      bars: [100, [100, 100, 90, 92]],
      detail: [null, null, [100, 100, 98, 98], [92, 93, 90, 92]],
      orders: { 1: [{ kind: 'limit', quantity: 5, limit: 95 }] },
      expect: ['bar 2: buy 5 @ 92 (limit), maker'],
    },
    {
      name: 'a trailing stop sleeps until the next whole bar',
      bars: [100, [100, 100, 80, 92]],
      detail: [null, null, [100, 100, 98, 98], [98, 98, 80, 92]],
      targets: { 1: 1 },
      rules: { guards: { trailingStop: { fraction: 0.1 } } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
    },
  ]);
});
