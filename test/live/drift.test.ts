import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { driftBand, FEWEST_BARS, type FoldedRun, measureDrift } from '../../src/live/drift.ts';
import type { DriftBand } from '../../src/live/session.ts';
import { skill } from '../../src/statistics/skill.ts';

const BAND: DriftBand = { run: 'r', folds: 10, rmse: [0.009, 0.011], directionAccuracy: [0.48, 0.56] };

/** Closes whose moves are +-`size`, forecasts of +-`told` that are right in `right` of every 20 bars. */
function market(length: number, size: number, told: number, right = 10) {
  const random = createRandom(5);
  const forecast = new Float64Array(length);
  const close = new Float64Array(length);
  let price = 100;
  for (let i = 0; i < length; i++) {
    close[i] = price;
    const up = random.uniform() < 0.5;
    price *= up ? 1 + size : 1 - size;
    forecast[i] = up === (i * 7) % 20 < right ? told : -told;
  }
  return { forecast, close, horizon: 1 };
}

describe('the drift of live forecasts', () => {
  it('is measured as a backtest measures its folds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ move: fc.double({ min: -0.1, max: 0.1, noNaN: true }), told: fc.double({ min: -0.1, max: 0.1 }) }), {
          maxLength: 80,
        }),
        fc.integer({ min: 1, max: 5 }),
        (rows, horizon) => {
          let price = 50;
          const close = Float64Array.from(rows, ({ move }) => {
            price *= 1 + move;
            return price;
          });
          const forecast = Float64Array.from(rows, ({ told }) => told);
          const actual = close.map((value, i) => (close[i + horizon] ?? Number.NaN) / value - 1);
          const expected = skill({ actual, forecast, close, horizon });
          const drift = measureDrift({ forecast, close, horizon }, null, Infinity);
          expect(drift).toMatchObject({ bars: expected.bars, rmse: { value: expected.return.rmse }, alarm: false });
          expect(drift.directionAccuracy.value).toBe(expected.directionAccuracy);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('counts the horizon in bars of the market, over slices in which it had none', () => {
    const nothing = Number.NaN;
    const close = Float64Array.of(100, nothing, 110, 121, nothing);
    const forecast = Float64Array.of(0.1, nothing, 0.2, 0.3, nothing);
    const drift = measureDrift({ forecast, close, horizon: 1 }, BAND, 100);
    // 10 % came of 10 %, and 10 % of 20 %: sqrt((0 + 0.01) / 2).
    expect(drift.bars).toBe(2);
    expect(drift.rmse.value).toBeCloseTo(Math.sqrt(0.005), 12);
    expect(drift.directionAccuracy.value).toBe(1);
  });

  it('looks at the last scored bars only, and not at those whose outcome has not come', () => {
    const { forecast, close } = market(200, 0.01, 0.001);
    forecast.fill(0.5, 0, 100);
    const late = measureDrift({ forecast, close, horizon: 3 }, BAND, 90);
    expect(late.bars).toBe(90);
    expect(late.rmse.value).toBeLessThan(0.05);
    expect(measureDrift({ forecast, close, horizon: 3 }, BAND, 1000).bars).toBe(197);
    expect(measureDrift({ forecast, close, horizon: 3 }, BAND, 100).rmse.value).toBeGreaterThan(0.04);
  });

  it('is inside where errors and hits are as in the folds', () => {
    const drift = measureDrift(market(201, 0.01, 0.001), BAND, 200);
    expect(drift).toMatchObject({ bars: 200, rmse: { place: 'inside' }, directionAccuracy: { value: 0.5, place: 'inside' }, alarm: false });
  });

  it('is outside with an alarm where errors are larger than in any fold', () => {
    expect(measureDrift(market(201, 0.02, 0.001), BAND, 200)).toMatchObject({ rmse: { place: 'outside' }, alarm: true });
  });

  it('is outside without an alarm where they are smaller, or more directions are right', () => {
    expect(measureDrift(market(201, 0.005, 0.001), BAND, 200)).toMatchObject({ rmse: { place: 'outside' }, alarm: false });
    expect(measureDrift(market(201, 0.01, 0.001, 16), BAND, 200)).toMatchObject({
      directionAccuracy: { value: 0.8, place: 'outside' },
      alarm: false,
    });
  });

  it('is outside with an alarm where fewer directions are right than in any fold', () => {
    const drift = measureDrift(market(201, 0.01, 0.0001, 4), BAND, 200);
    expect(drift).toMatchObject({ rmse: { place: 'inside' }, directionAccuracy: { value: 0.2, place: 'outside' }, alarm: true });
  });

  it('says nothing before 30 bars, nor without a band', () => {
    const wrong = market(FEWEST_BARS + 1, 0.02, 0.001, 0);
    const place = (bars: number, band: DriftBand | null) => {
      const { rmse, directionAccuracy, alarm } = measureDrift(wrong, band, bars);
      return [rmse.place, directionAccuracy.place, alarm];
    };
    expect(place(29, BAND)).toEqual([null, null, false]);
    expect(place(30, BAND)).toEqual(['outside', 'outside', true]);
    expect(place(30, null)).toEqual([null, null, false]);
    expect(measureDrift({ forecast: new Float64Array(), close: new Float64Array(), horizon: 1 }, BAND, 9)).toEqual({
      bars: 0,
      rmse: { value: null, interval: null, place: null },
      directionAccuracy: { value: null, interval: null, place: null },
      alarm: false,
    });
  });

  it('lets few bars and overlapping outcomes lie further from the band than many', () => {
    // 8 of 20 right: 40 % of 40 bars can be chance beside a lowest fold of 48 %, of 1000 bars it cannot.
    expect(measureDrift(market(41, 0.01, 0.001, 8), BAND, 40).directionAccuracy.place).toBe('inside');
    expect(measureDrift(market(1001, 0.01, 0.001, 8), BAND, 1000).directionAccuracy.place).toBe('outside');
    const width = (horizon: number) => {
      const [low, high] = measureDrift({ ...market(500, 0.01, 0.001), horizon }, BAND, 400).directionAccuracy.interval ?? [0, 0];
      return high - low;
    };
    // By Wilson's formula nearly with the root of the horizon.
    expect(width(4) / width(1)).toBeGreaterThan(1.9);
    expect(width(4) / width(1)).toBeLessThan(2.1);
  });

  it('rarely alarms where the model forecasts as in its folds', () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(seed);
      let price = 1;
      const close = Float64Array.from({ length: 101 }, () => {
        price *= 1 + 0.02 * (random.uniform() - 0.5);
        return price;
      });
      const forecast = close.map(() => 0.001 * (random.uniform() - 0.5));
      // The standard deviation of a uniform move of width 0.02 is 0.02 / sqrt(12).
      const band = { ...BAND, rmse: [0.0055, 0.006], directionAccuracy: [0.48, 0.52] } as const;
      if (measureDrift({ forecast, close, horizon: 1 }, band, 100).alarm) alarms++;
    }
    expect(alarms).toBeLessThan(10);
  });

  it('is refused with columns of different lengths', () => {
    expect(() => measureDrift({ forecast: new Float64Array(2), close: new Float64Array(3), horizon: 1 }, null, 5)).toThrow(
      'Expected as many closes as forecasts (2), received 3',
    );
  });
});

describe('the band of a backtest', () => {
  const fold = (bars: number, rmse: number | null, directionAccuracy: number | null) => ({ bars, return: { rmse }, directionAccuracy });
  const run = (...folds: NonNullable<FoldedRun['forecast']>['folds'][number][]): FoldedRun => ({ runId: 'r', forecast: { folds } });

  it('is lowest and highest over its folds', () => {
    expect(driftBand(run(fold(180, 0.02, 0.5), fold(180, 0.01, 0.55), fold(30, 0.03, 0.45)))).toEqual({
      run: 'r',
      folds: 3,
      rmse: [0.01, 0.03],
      directionAccuracy: [0.45, 0.55],
    });
  });

  it('leaves out folds that are too short or undefined', () => {
    const strange = [fold(29, 9, 0), fold(180, null, 0.1), fold(180, 9, null)];
    expect(driftBand(run(...strange, fold(180, 0.02, 0.5), fold(180, 0.01, 0.55)))).toMatchObject({ folds: 2, rmse: [0.01, 0.02] });
  });

  it('is none without a model, or with fewer than two folds', () => {
    expect(driftBand({ runId: 'r', forecast: null })).toBeNull();
    expect(driftBand(run(fold(180, 0.02, 0.5), fold(3, 0.02, 0.5)))).toBeNull();
  });
});
