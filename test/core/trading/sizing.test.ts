import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

const none = Number.NaN;

describe('sizing', () => {
  testCases([
    {
      name: 'a target of 1 stands for the share of equity of its market',
      bars: [100, 100],
      level: [1, 1],
      rules: { share: 0.25, band: 0.05 },
      expect: ['bar 2: buy 2.5 @ 100 (enterLong)'],
    },
    {
      name: 'drift within the band is left alone',
      bars: [100, 100, 110, 110],
      level: [1, 1, 1, 1],
      rules: { share: 0.5, band: 0.05 },
      // 550 of 1050 are 0.524.
      expect: ['bar 2: buy 5 @ 100 (enterLong)'],
      reasons: ['enterLong', 'holding', 'holding', 'holding'],
    },
    {
      name: 'drift beyond the band is traded back to the target',
      bars: [100, 100, 150, 150],
      level: [1, 1, 1, 1],
      rules: { share: 0.5, band: 0.05 },
      // 750 of 1250 are 0.6; half of 1250 is 625 / 150 units.
      expect: ['bar 2: buy 5 @ 100 (enterLong)', `bar 4: sell ${n(5 - 625 / 150)} @ 150 (rebalance)`],
      reasons: ['enterLong', 'holding', 'rebalance', 'holding'],
    },
    {
      name: 'a position that keeps its size is resized by no drift',
      bars: [100, 100, 150, 150],
      level: [1, 1, 1, 1],
      rules: { share: 0.5, keepSize: true },
      expect: ['bar 2: buy 5 @ 100 (enterLong)'],
    },
    {
      name: 'and is still given up and turned',
      bars: [100, 100, 100, 100],
      level: [1, -1, -1, -1],
      short: true,
      allows: { margin: true },
      rules: { share: 0.5, keepSize: true },
      expect: ['bar 2: buy 5 @ 100 (enterLong)', 'bar 3: sell 5 @ 100 (enterShort)', 'bar 3: sell 5 @ 100 (enterShort)'],
    },
    {
      name: 'a fixed amount is that amount of quote, whatever the equity',
      bars: [100, 100, 100, 200, 200],
      targets: { 1: 1, 3: 0, 4: 1 },
      rules: { amount: 300 },
      // 3 at 100, sold at 200 for a profit of 300; 300 buys 1.5 at 200.
      expect: ['bar 2: buy 3 @ 100 (enterLong)', 'bar 4: sell 3 @ 200 (exit)', 'bar 5: buy 1.5 @ 200 (enterLong)'],
    },
    {
      name: 'a weight of each bar stands in place of the share',
      bars: [100, 100, 100],
      targets: { 1: 1, 2: 1 },
      weights: [0.25, 0.75, 1],
      expect: ['bar 2: buy 2.5 @ 100 (enterLong)', 'bar 3: buy 5 @ 100 (enterLong)'],
    },
    {
      name: 'a weight that is not known yet enters nothing, and says so',
      bars: [100, 100, 100],
      targets: { 1: 1, 2: 1 },
      weights: [none, 0.75, 1],
      expect: ['bar 3: buy 7.5 @ 100 (enterLong)'],
      reasons: ['unsized', 'enterLong', 'holding'],
    },
    {
      name: 'a volatility target scales the exposure to the volatility it aims at',
      bars: [100, 100],
      targets: { 1: 1 },
      volatility: { aim: 0.02, most: 1, variance: [0.0016, 0.0016] },
      // A deviation of 0.04 a bar: half of the equity.
      expect: ['bar 2: buy 5 @ 100 (enterLong)'],
    },
    {
      name: 'but no further than the most exposure it allows',
      bars: [100, 100],
      targets: { 1: 1 },
      volatility: { aim: 0.02, most: 0.8, variance: [0.0001, 0.0001] },
      expect: ['bar 2: buy 8 @ 100 (enterLong)'],
    },
    {
      name: 'and enters nothing while the volatility is not known',
      bars: [100, 100, 100],
      targets: { 1: 1, 2: 1 },
      volatility: { aim: 0.02, most: 1, variance: [none, 0.0016, 0.0016] },
      expect: ['bar 3: buy 5 @ 100 (enterLong)'],
      reasons: ['unsized', 'enterLong', 'holding'],
    },
  ]);
});
