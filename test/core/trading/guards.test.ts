import { describe } from 'vitest';
import { n, testCases } from '../../support/trading-case.ts';

const always = (bars: number) => Array.from({ length: bars }, () => 1);
const none = Number.NaN;

describe('time stop and cooldown', () => {
  testCases([
    {
      name: 'a time stop gives a position up after so many closes with it, the entry bar included',
      bars: [100, 100, 110, 120, 130],
      targets: { 1: 1 },
      rules: { guards: { timeStop: 2 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)', 'bar 3: timeStop acts: held for 2 bars', 'bar 4: sell 10 @ 120 (timeStop)'],
    },
    {
      name: 'a level policy is back after it',
      bars: [100, 100, 100, 100, 100],
      level: always(5),
      rules: { guards: { timeStop: 1 } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 2: timeStop acts: held for 1 bar',
        'bar 3: sell 10 @ 100 (timeStop)',
        'bar 3: timeStop ends: no longer held back',
        'bar 4: buy 10 @ 100 (enterLong)',
        'bar 4: timeStop acts: held for 1 bar',
        'bar 5: sell 10 @ 100 (timeStop)',
        'bar 5: timeStop ends: no longer held back',
        'waiting: buy market',
      ],
    },
    {
      name: 'a cooldown of two keeps out at the close of the bar of the exit and at the next one',
      bars: [100, 100, 100, 100, 100, 100],
      level: [1, -1, 1, 1, 1, 1],
      rules: { guards: { cooldown: 2 } },
      // Sold at the open of bar 3; the closes of bars 3 and 4 enter nothing, that of bar 5 does.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 10 @ 100 (exit)',
        'bar 3: cooldown acts: nothing is entered',
        'bar 5: cooldown ends: no longer held back',
        'bar 6: buy 10 @ 100 (enterLong)',
      ],
    },
    {
      name: 'a cooldown follows a stop as well',
      bars: [100, [100, 100, 94, 96], 96, 96],
      level: always(4),
      rules: { guards: { cooldown: 1, stopLoss: 0.05 } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 2: sell 10 @ 95 (stopLoss)',
        'bar 2: cooldown acts: nothing is entered',
        'bar 3: cooldown ends: no longer held back',
        `bar 4: buy ${n(950 / 96)} @ 96 (enterLong)`,
      ],
    },
    {
      name: 'there is no cooldown before the first exit',
      bars: [100, 100],
      level: always(2),
      rules: { guards: { cooldown: 5 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
    },
    {
      name: 'with a cooldown a turn is its exit alone',
      bars: [100, 100, 100, 100],
      level: [1, -1, -1, -1],
      short: true,
      allows: { margin: true },
      rules: { guards: { cooldown: 1 } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 2: cooldown acts: nothing is entered',
        'bar 3: sell 10 @ 100 (cooldown)',
        'bar 4: cooldown ends: no longer held back',
        'waiting: sell market',
      ],
    },
    {
      name: 'bars that are missing do not count towards a cooldown',
      bars: [100, 100, 100, null, null, 100, 100],
      level: [1, -1, 1, 1, 1],
      rules: { guards: { cooldown: 1 } },
      // The close of bar 3 is cooled down, that of bar 6 - the next one - is free.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 10 @ 100 (exit)',
        'bar 3: cooldown acts: nothing is entered',
        'bar 6: cooldown ends: no longer held back',
        'bar 7: buy 10 @ 100 (enterLong)',
      ],
    },
  ]);
});

describe('limits of the account', () => {
  testCases([
    {
      name: 'a drawdown beyond its limit gives everything up, and nothing is entered until the session is reset',
      bars: [100, 100, [100, 100, 89, 89], 89, 89, 89],
      level: always(6),
      rules: { guards: { maxDrawdown: { limit: 0.1 } } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: maxDrawdown acts: a fall of 0.11 from the highest value',
        'bar 3: maxDrawdown acts: the position is given up',
        'bar 4: sell 10 @ 89 (drawdownHalt)',
      ],
      reasons: ['enterLong', 'holding', 'drawdownHalt', 'drawdownHalt', 'drawdownHalt', 'drawdownHalt'],
    },
    {
      name: 'a drawdown beyond its limit sells at the market, whatever exits usually are, and does not wait for one that is in the book',
      bars: [100, 100, 95, [95, 95, 80, 80], 79, 79],
      level: [1, 1, -1, -1, -1, -1],
      rules: { exit: { kind: 'limit', offset: 0.2 }, guards: { maxDrawdown: { limit: 0.1 } } },
      // The limit of 114 was ordered at the close of bar 3; at that of bar 4 a fifth is lost.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 4: maxDrawdown acts: a fall of 0.2 from the highest value',
        'bar 4: maxDrawdown acts: the position is given up',
        'bar 4: no limit: replaced by a later decision',
        'bar 5: sell 10 @ 79 (drawdownHalt)',
        'bar 5: maxDrawdown ends: no longer held back',
      ],
    },
    {
      name: 'a drawdown of exactly its limit acts',
      bars: [100, 100, 75, 75],
      targets: { 1: 1 },
      rules: { guards: { maxDrawdown: { limit: 0.25 } } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: maxDrawdown acts: a fall of 0.25 from the highest value',
        'bar 3: maxDrawdown acts: the position is given up',
        'bar 4: sell 10 @ 75 (drawdownHalt)',
      ],
    },
    {
      name: 'the fall is measured from the highest close, not from the start',
      bars: [100, 100, 200, 160],
      targets: { 1: 1 },
      rules: { guards: { maxDrawdown: { limit: 0.2 } } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 4: maxDrawdown acts: a fall of 0.2 from the highest value',
        'bar 4: maxDrawdown acts: the position is given up',
        'waiting: sell market',
      ],
    },
    {
      name: 'with a pause it enters again after so many closes, and measures from there',
      bars: [100, 100, 89, 89, 89, 89, [89, 89, 81, 81]],
      level: always(7),
      rules: { guards: { maxDrawdown: { limit: 0.1, pause: 2 } } },
      // The closes of bars 3 and 4 are held back. 890 buys 10 at 89; at 81 the fall is 80 of 890, less than a tenth.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: maxDrawdown acts: a fall of 0.11 from the highest value',
        'bar 3: maxDrawdown acts: the position is given up',
        'bar 4: sell 10 @ 89 (drawdownHalt)',
        'bar 5: maxDrawdown ends: after 2 bars',
        'bar 5: maxDrawdown ends: no longer held back',
        'bar 6: buy 10 @ 89 (enterLong)',
      ],
    },
    {
      name: 'a daily loss gives everything up, until the first close of the next day',
      bars: [100, 100, [100, 100, 94, 94], ...Array.from({ length: 23 }, () => 94)],
      level: always(26),
      rules: { guards: { dailyLoss: 0.05 } },
      // Bar 24 closes at midnight and belongs to the first day; bar 25 is the first one of the second.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: dailyLoss acts: a loss of 0.06 since the day before',
        'bar 3: dailyLoss acts: the position is given up',
        'bar 4: sell 10 @ 94 (dailyLossHalt)',
        'bar 25: dailyLoss ends: a new day',
        'bar 25: dailyLoss ends: no longer held back',
        'bar 26: buy 10 @ 94 (enterLong)',
      ],
    },
    {
      name: 'a daily loss is measured from the last close of the day before',
      bars: [100, 100, ...Array.from({ length: 22 }, () => 200), [200, 200, 185, 185], 185],
      targets: { 1: 1 },
      rules: { guards: { dailyLoss: 0.07 } },
      // From 2000 to 1850.
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 25: dailyLoss acts: a loss of 0.075 since the day before',
        'bar 25: dailyLoss acts: the position is given up',
        'bar 26: sell 10 @ 185 (dailyLossHalt)',
      ],
    },
    {
      name: 'a daily loss that is spread over two days does not act',
      bars: [100, 100, ...Array.from({ length: 22 }, () => 96), 92],
      targets: { 1: 1 },
      rules: { guards: { dailyLoss: 0.05 } },
      // 4 %, then 40 of 960.
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
    },
    {
      name: 'after two losing round trips nothing is entered for two closes',
      bars: [100, 100, 90, 90, 80, 80, 80, 80],
      targets: { 1: 1, 2: 0, 3: 1, 4: 0, 5: 1, 6: 1, 7: 1 },
      rules: { guards: { losses: { limit: 2, pause: 2 } } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 10 @ 90 (exit)',
        'bar 4: buy 10 @ 90 (enterLong)',
        'bar 5: sell 10 @ 80 (exit)',
        'bar 5: losses acts: 2 losing round trips in a row',
        'bar 5: losses acts: nothing is entered',
        'bar 7: losses ends: after 2 bars',
        'bar 7: losses ends: no longer held back',
        'bar 8: buy 10 @ 80 (enterLong)',
      ],
    },
    {
      name: 'a winning round trip in between starts the count anew',
      bars: [100, 100, 90, 90, 100, 100, 90, 90],
      targets: { 1: 1, 2: 0, 3: 1, 4: 0, 5: 1, 6: 0, 7: 1 },
      rules: { guards: { losses: { limit: 2 } } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: sell 10 @ 90 (exit)',
        'bar 4: buy 10 @ 90 (enterLong)',
        'bar 5: sell 10 @ 100 (exit)',
        'bar 6: buy 10 @ 100 (enterLong)',
        'bar 7: sell 10 @ 90 (exit)',
        'bar 8: buy 10 @ 90 (enterLong)',
      ],
    },
    {
      name: 'a round trip that loses by its fees alone is a losing one',
      bars: [100, 100, 100, 100],
      targets: { 1: 0.5, 2: 0, 3: 1 },
      costs: { perUnit: 1 },
      rules: { guards: { losses: { limit: 1 } } },
      // 500 / 101 units.
      expect: [
        `bar 2: buy ${n(500 / 101)} @ 100 (enterLong), fee ${n(500 / 101)}`,
        `bar 3: sell ${n(500 / 101)} @ 100 (exit), fee ${n(500 / 101)}`,
        'bar 3: losses acts: 1 losing round trip in a row',
        'bar 3: losses acts: nothing is entered',
      ],
    },
    {
      name: 'the sum of exposures is limited: all targets are scaled by one factor',
      markets: { a: [100, 100], b: [100, 100] },
      targets: { 1: { a: 0.9, b: 0.6 } },
      rules: { guards: { maxExposure: 0.75 } },
      expect: [
        'bar 1: maxExposure account acts: the sum of exposures is limited to 0.75 of equity',
        'bar 2: buy 4.5 a @ 100 (enterLong)',
        'bar 2: buy 3 b @ 100 (enterLong)',
        'bar 2: maxExposure account ends: no longer held back',
      ],
    },
    {
      name: 'what is held already counts in that sum: only the new one is scaled',
      markets: { a: [100, 100, 100], b: [100, 100, 100] },
      targets: { 1: { a: 0.5 }, 2: { b: 0.5 } },
      rules: { guards: { maxExposure: 0.75 } },
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        'bar 2: maxExposure account acts: the sum of exposures is limited to 0.75 of equity',
        'bar 3: buy 2.5 b @ 100 (enterLong)',
        'bar 3: maxExposure account ends: no longer held back',
      ],
    },
    {
      name: 'a position that grew beyond the limit of the account is cut back to it',
      bars: [100, 100, 200, 200],
      targets: { 1: 0.5 },
      rules: { guards: { maxExposure: 0.5 } },
      // 1000 of 1500 at 200: half of 1500 is 3.75 units.
      expect: [
        'bar 2: buy 5 @ 100 (enterLong)',
        'bar 3: maxExposure acts: the sum of exposures is limited to 0.5 of equity',
        'bar 4: sell 1.25 @ 200 (exposureLimit)',
        'bar 4: maxExposure ends: no longer held back',
      ],
    },
  ]);
});

describe('guards of one market', () => {
  testCases([
    {
      name: 'its exposure is limited, the other one is not',
      markets: { a: [100, 100], b: [100, 100] },
      targets: { 1: { a: 0.5, b: 0.5 } },
      rules: { marketGuards: { a: { maxExposure: 0.2 } } },
      expect: [
        'bar 1: maxExposure a acts: limited to 0.2 of equity',
        'bar 2: buy 2 a @ 100 (enterLong)',
        'bar 2: buy 5 b @ 100 (enterLong)',
      ],
    },
    {
      name: 'a short exposure is limited by its size',
      bars: [100, 100],
      targets: { 1: -1 },
      allows: { margin: true },
      rules: { marketGuards: { X: { maxExposure: 0.5 } } },
      expect: ['bar 1: maxExposure acts: limited to 0.5 of equity', 'bar 2: sell 5 @ 100 (enterShort)'],
    },
    {
      name: 'its drawdown is that of its own profit, against the equity of its highest value',
      markets: { a: [100, 100, 80, 80], b: [100, 100, 100, 100] },
      targets: { 1: 0.5 },
      rules: { marketGuards: { a: { maxDrawdown: { limit: 0.1 } } } },
      // 5 x 20 = 100 of 1000.
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        'bar 2: buy 5 b @ 100 (enterLong)',
        'bar 3: maxDrawdown a acts: a fall of 0.1 from the highest value',
        'bar 3: maxDrawdown a acts: the position is given up',
        'bar 4: sell 5 a @ 80 (drawdownHalt)',
      ],
    },
    {
      name: 'its losing round trips are counted alone',
      markets: { a: [100, 100, 90, 90, 90], b: [100, 100, 100, 100, 100] },
      targets: { 1: { a: 0.5 }, 2: { a: 0 }, 3: { a: 0.5, b: 0.5 } },
      rules: { marketGuards: { a: { losses: { limit: 1 } } } },
      // 950 after the loss: half of it in b.
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        'bar 3: sell 5 a @ 90 (exit)',
        'bar 3: losses a acts: 1 losing round trip in a row',
        'bar 3: losses a acts: nothing is entered',
        'bar 4: buy 4.75 b @ 100 (enterLong)',
      ],
    },
    {
      name: 'its cooldown stands in place of the one of all positions',
      markets: { a: [100, 100, 100, 100, 100], b: [100, 100, 100, 100, 100] },
      targets: { 1: 0.5, 2: 0, 3: 0.5, 4: 0.5 },
      rules: { guards: { cooldown: 2 }, marketGuards: { b: { cooldown: 1 } } },
      expect: [
        'bar 2: buy 5 a @ 100 (enterLong)',
        'bar 2: buy 5 b @ 100 (enterLong)',
        'bar 3: sell 5 a @ 100 (exit)',
        'bar 3: sell 5 b @ 100 (exit)',
        'bar 3: cooldown a acts: nothing is entered',
        'bar 3: cooldown b acts: nothing is entered',
        'bar 4: cooldown b ends: no longer held back',
        'bar 5: buy 5 b @ 100 (enterLong)',
      ],
    },
  ]);
});

describe('stale data and expired models', () => {
  testCases([
    {
      name: 'nothing is entered at the first bar after a gap longer than so many bars',
      bars: [100, null, null, null, 100, 100, 100],
      level: [-1, 1, 1, 1],
      rules: { guards: { staleData: 2 } },
      expect: [
        'bar 5: staleData acts: nothing is entered',
        'bar 6: staleData ends: no longer held back',
        'bar 7: buy 10 @ 100 (enterLong)',
      ],
    },
    {
      name: 'a gap that is not longer is none',
      bars: [100, null, 100, 100],
      level: [-1, 1, 1],
      rules: { guards: { staleData: 2 } },
      expect: ['bar 4: buy 10 @ 100 (enterLong)'],
    },
    {
      name: 'nothing is entered after so many bars without trading',
      bars: [100, [100, 100, 100, 100, 0], [100, 100, 100, 100, 0], 100, 100],
      level: [-1, 1, 1, 1, 1],
      rules: { guards: { staleData: 2 } },
      // Ordered at bar 2, which is but the first silent one, and withdrawn at bar 3.
      expect: [
        'bar 3: staleData acts: nothing is entered',
        'bar 3: no market: replaced by a later decision',
        'bar 4: staleData ends: no longer held back',
        'bar 5: buy 10 @ 100 (enterLong)',
      ],
    },
    {
      name: 'what is held is kept over stale data',
      bars: [100, 100, null, null, null, 100],
      level: always(3),
      rules: { guards: { staleData: 2 } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
    },
    {
      name: 'a position whose signal is no longer known is given up where the model has expired',
      bars: [100, 100, 100, 110],
      level: [1, 1, none, none],
      rules: { guards: { expiredModel: 'flat' } },
      expect: [
        'bar 2: buy 10 @ 100 (enterLong)',
        'bar 3: expiredModel acts: no forecast is known any more',
        'bar 4: sell 10 @ 110 (expiredModel)',
      ],
      reasons: ['enterLong', 'holding', 'expiredModel', 'noForecast'],
    },
    {
      name: 'or held',
      bars: [100, 100, 100, 110],
      level: [1, 1, none, none],
      rules: { guards: { expiredModel: 'hold' } },
      expect: ['bar 2: buy 10 @ 100 (enterLong)'],
    },
  ]);
});

describe('orders that a policy places itself', () => {
  testCases([
    {
      name: 'a halt refuses what would enter',
      bars: [100, 100, 80, 80, 80],
      orders: { 1: [{ quantity: 10 }], 4: [{ quantity: 5 }, { kind: 'limit', quantity: 5, limit: 70 }] },
      rules: { guards: { maxDrawdown: { limit: 0.2 } } },
      expect: [
        'bar 2: buy 10 @ 100 (market)',
        'bar 3: maxDrawdown acts: a fall of 0.2 from the highest value',
        'bar 3: maxDrawdown acts: the position is given up',
        'bar 4: sell 10 @ 80 (drawdownHalt)',
        'bar 4: no market: held back by maxDrawdown',
        'bar 4: no limit: held back by maxDrawdown',
      ],
    },
    {
      name: 'a halt withdraws entries that wait, and leaves exits alone',
      bars: [100, 100, 80, [80, 80, 60, 60], 60],
      orders: {
        1: [{ quantity: 5 }],
        2: [
          { kind: 'limit', quantity: 2, limit: 70 },
          { kind: 'limit', quantity: -5, limit: 120, reduceOnly: true },
        ],
      },
      rules: { guards: { maxDrawdown: { limit: 0.1 } } },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: maxDrawdown acts: a fall of 0.1 from the highest value',
        'bar 3: no limit: withdrawn by maxDrawdown',
        'bar 3: maxDrawdown acts: the position is given up',
        'bar 4: sell 5 @ 80 (drawdownHalt)',
        'waiting: sell limit',
      ],
    },
    {
      name: 'a cooldown refuses what would enter, and allows it once it is over',
      bars: [100, 100, 100, 100, 100],
      orders: { 1: [{ quantity: 5 }], 2: [{ quantity: -5 }], 3: [{ quantity: 1 }], 4: [{ quantity: 2 }] },
      rules: { guards: { cooldown: 1 } },
      expect: [
        'bar 2: buy 5 @ 100 (market)',
        'bar 3: sell 5 @ 100 (market)',
        'bar 3: no market: held back by cooldown',
        'bar 5: buy 2 @ 100 (market)',
      ],
    },
  ]);
});
