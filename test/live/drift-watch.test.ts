import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { measureDrift } from '../../src/live/drift.ts';
import { createDriftWatch, type DriftWatchOptions, driftAlarm, type Scored } from '../../src/live/drift-watch.ts';
import type { DriftBand } from '../../src/live/session.ts';

const BAND: DriftBand = { run: 'run', folds: 5, rmse: [0.008, 0.012], directionAccuracy: [0.4, 0.6] };
const HOUR = 3_600_000;

/** Moves of 1 %, until `from` foretold but for an error of 1 %, and after it but for one of 5 %, up to `to`. */
function slices(length: number, from = Number.POSITIVE_INFINITY, to = Number.POSITIVE_INFINITY): readonly Scored[] {
  const random = createRandom(4);
  let close = 100;
  return Array.from({ length }, (_, k) => {
    const expected = 0.01 * random.normal();
    const error = (k >= from && k < to ? 0.05 : 0.01) * random.normal();
    const slice = { closeTime: k * HOUR, forecasts: [expected], closes: [close] };
    close *= 1 + expected + error;
    return slice;
  });
}

const options: DriftWatchOptions = { markets: ['x:A'], horizon: 1, band: BAND, window: 40, past: [] };
const told = (of: readonly Scored[], change: Partial<DriftWatchOptions> = {}) => {
  const watch = createDriftWatch({ ...options, ...change });
  return of.flatMap((slice) => watch.see(slice));
};

describe('the watch on drift', () => {
  it('says nothing while the forecasts are as good as in the backtest', () => {
    expect(told(slices(400))).toEqual([]);
  });

  it('tells once when they become worse than in any fold, in words, and again when that comes back', () => {
    const messages = told(slices(600, 200, 300).map((slice) => slice));
    expect(messages).toHaveLength(1);
    const [{ id, time, kind, text } = { id: '', time: 0, kind: '', text: '' }] = messages;
    expect(time).toBeGreaterThan(200 * HOUR);
    expect(time).toBeLessThan(240 * HOUR);
    expect([id, kind]).toEqual([`drift:x:A:${new Date(time).toISOString()}`, 'alert']);
    expect(text).toMatch(
      /^x:A: the forecasts of the last 40 bars are worse than in any of the 5 folds of run: RMSE \d\.\d+%, there 0\.80% to 1\.20%$/,
    );
    const twice = [...slices(300, 200), ...slices(600, 100, 200).map((slice) => ({ ...slice, closeTime: slice.closeTime + 300 * HOUR }))];
    expect(told(twice).length).toBe(2);
  });

  it('is the same wherever a session was started again', () => {
    const all = slices(500, 200);
    const [whole] = told(all);
    for (const cut of [1, 100, 205, 230, 260, 480]) {
      const after = told(all.slice(cut), { past: all.slice(0, cut) });
      expect(after).toEqual(all[cut]!.closeTime <= whole!.time ? [whole] : []);
    }
  });

  it('looks at each market by itself, and at none without a band', () => {
    const [calm, wild] = [slices(300), slices(300, 150)];
    const both = calm.map((slice, k) => ({
      ...slice,
      forecasts: [slice.forecasts[0]!, wild[k]!.forecasts[0]!],
      closes: [slice.closes[0]!, wild[k]!.closes[0]!],
    }));
    expect(told(both, { markets: ['x:A', 'x:B'] }).map(({ id }) => id.slice(0, 9))).toEqual(['drift:x:B']);
    expect(told(wild, { band: null })).toEqual([]);
  });

  it('tells an alarm that begins, not one that goes on or has ended', () => {
    const of = (from: number) => {
      const all = slices(200, from);
      const column = (name: 'forecasts' | 'closes') => Float64Array.from(all, (slice) => slice[name][0]!);
      return measureDrift({ forecast: column('forecasts'), close: column('closes'), horizon: 1 }, BAND, 40);
    };
    const place = { market: 'x:A', time: 0, band: BAND };
    const [calm, wild] = [of(Number.POSITIVE_INFINITY), of(100)];
    expect([calm.alarm, wild.alarm]).toEqual([false, true]);
    expect(driftAlarm(false, wild, place)).toBeDefined();
    for (const [before, drift] of [
      [true, wild],
      [false, calm],
      [true, calm],
    ] as const) {
      expect(driftAlarm(before, drift, place)).toBeUndefined();
    }
  });
});
