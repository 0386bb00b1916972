import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibration } from '../../src/statistics/calibration.ts';

const column = (...values: number[]) => Float64Array.from(values);

describe('calibration', () => {
  it('of five forecasts by hand', () => {
    const found = calibration(column(0.1, 0.12, 0.5, 0.9, 1), column(0, 1, 1, 1, 1));
    // .01 + .7744 + .25 + .01 + 0
    expect(found.brier).toBeCloseTo(1.0444 / 5, 14);
    expect(found.brierOfShare).toBeCloseTo(0.8 * 0.2, 14);
    expect(found.logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.12) + Math.log(0.5) + Math.log(0.9)) / 5, 14);
    expect(found.bins.map(({ from, to, count, share }) => [from, to, count, share])).toEqual([
      [0.1, 0.2, 2, 0.5],
      [0.5, 0.6, 1, 1],
      [0.9, 1, 2, 1],
    ]);
    expect(found.bins.map(({ meanProbability }) => meanProbability)).toEqual([0.11, 0.5, 0.95]);
  });

  it('is 0 for a perfect forecast, and finite for one that is certain and wrong', () => {
    expect(calibration(column(0, 1, 1), column(0, 1, 1))).toMatchObject({ brier: 0, logLoss: 0 });
    const wrong = calibration(column(1), column(0));
    expect(wrong.brier).toBe(1);
    expect(wrong.logLoss).toBeCloseTo(15 * Math.log(10), 12);
  });

  it('is the logarithm of 2 and a quarter for saying one half', () => {
    expect(calibration(column(0.5, 0.5), column(0, 1))).toMatchObject({ brier: 0.25, brierOfShare: 0.25, logLoss: Math.LN2 });
  });

  it('skips rows without a forecast or an outcome; null where none is left', () => {
    expect(calibration(column(0.5, Number.NaN, 0.1), column(1, 1, Number.NaN)).bins).toHaveLength(1);
    const nothing = { brier: null, brierOfShare: null, logLoss: null, bins: [] };
    expect(calibration(column(Number.NaN), column(1))).toEqual(nothing);
    expect(calibration(column(), column())).toEqual(nothing);
  });

  it('refuses what is no probability, no outcome, or not paired', () => {
    expect(() => calibration(column(0.5, 1.01), column(1, 1))).toThrow('row 1, received 1.01');
    expect(() => calibration(column(0.5), column(-1))).toThrow('0 or 1 in row 0, received -1');
    expect(() => calibration(column(0.5), column())).toThrow('received 0');
  });

  it('of one probability per bin splits into reliability, resolution and uncertainty (Murphy 1973)', () => {
    const forecast = fc.record({ bin: fc.integer({ min: 0, max: 9 }), came: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(forecast, { minLength: 1, maxLength: 60 }), (forecasts) => {
        const found = calibration(
          Float64Array.from(forecasts, ({ bin }) => (bin + 0.5) / 10),
          Float64Array.from(forecasts, ({ came }) => came),
        );
        const rows = forecasts.length;
        expect(found.bins.reduce((sum, { count }) => sum + count, 0)).toBe(rows);
        const overall = found.bins.reduce((sum, { count, share }) => sum + count * share, 0) / rows;
        const part = (of: (bin: (typeof found.bins)[number]) => number) =>
          found.bins.reduce((sum, bin) => sum + (bin.count / rows) * of(bin) ** 2, 0);
        const reliability = part(({ meanProbability, share }) => meanProbability - share);
        const resolution = part(({ share }) => share - overall);
        expect(found.brier).toBeCloseTo(reliability - resolution + found.brierOfShare!, 12);
      }),
    );
  });
});
