import { describe, expect, it } from 'vitest';
import { type ProportionalOptions, proportional, standardisedForecast } from '../../src/strategies/proportional.ts';
import { decisions, outlookOf } from '../support/decisions.ts';
import { flatBars } from '../support/markets.ts';

// The logarithmic returns alternate between +ln 1.01 and -ln 1.01: of any two in a row the deviation is ln(1.01) x sqrt(2), divisor 1.
const PRICES = [100, 101, 100, 101, 100, 101, 100];
const DEVIATION = Math.log(1.01) * Math.SQRT2;

const on = (options: ProportionalOptions, ...forecast: number[]) =>
  decisions(
    proportional({ window: 2, ...options }),
    { forecast: forecast.map((size) => size * DEVIATION) },
    flatBars(PRICES),
  ).exposures.map((exposure) => Math.round(exposure * 1e9) / 1e9 + 0);

describe('the proportional policy', () => {
  it('holds as much as the forecast is of the volatility, once that is known, at most all', () => {
    expect(on({}, 1, 1, 0.5, 0.25, 3, 0, -1)).toEqual([0, 0, 0.5, 0.25, 1, 0, 0]);
  });

  it('wants a forecast of `scale` deviations for a full position', () => {
    expect(on({ scale: 2 }, 0, 0, 1, 2, 4, 0.5, 0)).toEqual([0, 0, 0.5, 1, 1, 0.25, 0]);
  });

  it('is short in the same way with side both', () => {
    expect(on({ side: 'both' }, 0, 0, -0.5, -3, 0.5, 0, -0.1)).toEqual([0, 0, -0.5, -1, 0.5, 0, -0.1]);
  });

  it('takes targets in its dead zone for flat, and gives the reasons', () => {
    expect(on({ least: 0.3, side: 'both' }, 0, 0, 0.3, 0.29, -0.29, -0.31, 0.1)).toEqual([0, 0, 0.3, 0, 0, -0.31, 0]);
    const { reasons } = decisions(
      proportional({ window: 2, least: 0.3 }),
      { forecast: [1, 1, 1, 1, 0.1, 0.1, Number.NaN].map((size) => size * DEVIATION) },
      flatBars(PRICES),
    );
    expect(reasons).toEqual(['noForecast', 'noForecast', 'enterLong', 'holding', 'exit', 'belowThreshold', 'noForecast']);
  });

  it('measures the forecast against the deviation over the horizon of the model: four bars move twice as far as one', () => {
    const forecast = Float64Array.from(PRICES, () => DEVIATION);
    const signal = standardisedForecast(2);
    expect(signal.column(flatBars(PRICES), forecast, outlookOf(7, { horizon: 4 }))[3]).toBeCloseTo(0.5, 12);
    expect(signal.column(flatBars(PRICES), forecast)[3]).toBeCloseTo(1, 12);
  });

  it('does not know what to hold where nothing has moved', () => {
    expect([...standardisedForecast(2).column(flatBars([5, 5, 5, 5]), Float64Array.of(1, 1, 1, 0))]).toEqual(Array(4).fill(Number.NaN));
  });

  it('refuses options out of range', () => {
    expect(() => proportional({ scale: 0 })).toThrow('Expected scale > 0, received 0');
    expect(() => proportional({ window: 1 })).toThrow('Expected window to be a whole number of bars >= 2, received 1');
    expect(() => proportional({ least: 30 })).toThrow('Expected least to be a fraction from 0 to 1, received 30');
  });
});
