import { ADX, CCI, setConfig } from 'technicalindicators';
import { afterEach, describe, expect, it } from 'vitest';
import { indicator } from '../../src/indicators/catalogue.ts';
import { rollingMax, rollingMin } from '../../src/indicators/extremes.ts';
import { sma } from '../../src/indicators/sma.ts';
import { barsOf, randomBars } from '../support/markets.ts';

const bars = randomBars({ seed: 3, length: 1500 });
const library = { high: [...bars.high], low: [...bars.low], close: [...bars.close] };

describe('what comes from technicalindicators', () => {
  afterEach(() => setConfig('precision', undefined));

  it.each(['stochastic', 'williamsR', 'obv', 'psar', 'ichimoku'])(
    '%s is not rounded by a precision set elsewhere in the process',
    (name) => {
      const before = indicator(name).compute(bars);
      setConfig('precision', 2);
      expect(indicator(name).compute(bars)).toEqual(before);
    },
  );

  it('agrees on the stochastic and Williams %R with the extremes and averages of our own', () => {
    const highest = rollingMax(bars.high, 14);
    const lowest = rollingMin(bars.low, 14);
    const raw = bars.close.map((close, i) => (100 * (close - lowest[i]!)) / (highest[i]! - lowest[i]!));
    const [k] = indicator('stochastic').compute(bars);
    const [williams] = indicator('williamsR').compute(bars);
    const expected = sma(raw, 3);
    for (let i = 17; i < bars.length; i++) {
      expect(Math.abs(k![i]! - expected[i]!)).toBeLessThan(1e-11);
      expect(Math.abs(williams![i]! - (raw[i]! - 100))).toBeLessThan(1e-11);
    }
  });

  it('agrees on the Ichimoku lines with the extremes of our own', () => {
    const middle = (period: number) => {
      const lowest = rollingMin(bars.low, period);
      return rollingMax(bars.high, period).map((highest, i) => (highest + lowest[i]!) / 2);
    };
    const [conversion, base, spanA, spanB] = indicator('ichimoku')
      .compute(bars)
      .map((column) => column.subarray(51));
    expect(conversion).toEqual(middle(9).subarray(51));
    expect(base).toEqual(middle(26).subarray(51));
    expect(spanB).toEqual(middle(52).subarray(51));
    expect(spanA).toEqual(conversion!.map((value, i) => (value + base![i]!) / 2));
  });

  // By Wilder's rules, by hand: the stop stays at or below the last two lows, speeds up from 0.02 by 0.02 with each new high, and
  // turns to the extreme, 13, when the low of the last bar falls through 9.18 + 0.08 * (13 - 9.18).
  it('trails the parabolic stop under a rise and turns it over at the fall', () => {
    const rows = [10, 11, 12, 13].map((high) => [high, high, high - 1, high]);
    const [stop] = indicator('psar').compute(barsOf([...rows, [9, 10, 8, 9]]));
    [9, 9, 9, 9.18, 13].forEach((expected, i) => {
      expect(stop![i]).toBeCloseTo(expected, 12);
    });
  });
});

describe('what does not, for its faults', () => {
  it('agrees on the directional index once the other seed has faded', () => {
    const theirs = ADX.calculate({ ...library, period: 14 });
    const [adx, plus, minus] = indicator('adx').compute(bars);
    for (let back = 1; back <= 1000; back++) {
      const expected = theirs[theirs.length - back]!;
      const i = bars.length - back;
      expect(Math.abs(adx![i]! - expected.adx)).toBeLessThan(1e-9);
      expect(Math.abs(plus![i]! - expected.pdi)).toBeLessThan(1e-9);
      expect(Math.abs(minus![i]! - expected.mdi)).toBeLessThan(1e-9);
    }
  });

  it('agrees on the commodity channel index', () => {
    const theirs = CCI.calculate({ ...library, period: 20 });
    indicator('cci')
      .compute(bars)[0]!
      .subarray(19)
      .forEach((value, i) => {
        expect(Math.abs(value - theirs[i]!)).toBeLessThan(1e-7);
      });
  });
});
