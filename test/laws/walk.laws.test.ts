import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sliceBars } from '../../src/core/bars.ts';
import { createPanel } from '../../src/core/panel.ts';
import { featureMatrix, featureNames } from '../../src/models/feature.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { predict } from '../../src/walk/predictions.ts';
import { backtestOf, ridgeBot, surroundings } from '../support/bots.ts';
import { poisoned, randomBars } from '../support/markets.ts';

async function predictions(bot: Bot, ...markets: Parameters<typeof createPanel>[0]) {
  const panel = createPanel(markets);
  const ranges = panel.markets.map((bars) => ({ from: 0, to: bars.length }));
  return predict(bot, bot.model!, panel, ranges, surroundings());
}

const options = { seed: 2, numRuns: 25 };

describe('the laws of the walk', () => {
  it('1: features, labels in use, fits, forecasts and decisions before a bar do not depend on anything after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 80, max: 230 }), async (seed, cut) => {
        const bars = randomBars({ seed, length: 240 });
        const bot = ridgeBot();
        const clean = await predictions(bot, bars);
        const changed = await predictions(bot, poisoned(bars, cut));
        for (const [one, other] of [
          [clean.forecasts.columns[0]!, changed.forecasts.columns[0]!],
          ...clean.baselines.map((baseline, k) => [baseline.columns[0]!, changed.baselines[k]!.columns[0]!] as const),
        ] as const) {
          expect(other.subarray(0, cut)).toEqual(one.subarray(0, cut));
        }
        const keysUntil = (records: typeof clean.records) =>
          records.filter(({ request }) => request.time <= bars.openTime[cut - 1]! + bars.intervalMs).map(({ request }) => request.key);
        expect(keysUntil(changed.records)).toEqual(keysUntil(clean.records));
        expect(keysUntil(clean.records).length).toBeGreaterThan(0);
      }),
      options,
    );
  });

  it('1: every named feature is causal', () => {
    const bars = randomBars({ seed: 4, length: 300 });
    const names = featureNames().filter((name) => name !== 'lag' && name !== 'on');
    expect(names.length).toBeGreaterThan(20);
    for (const cut of [60, 150, 299]) {
      for (const feature of [...names, { lag: { of: 'return', bars: 3 } }, { on: { interval: '4h', of: { rsi: 5 } } }]) {
        const one = featureMatrix([feature], bars);
        const other = featureMatrix([feature], poisoned(bars, cut));
        expect(other.values.subarray(0, cut * one.width), JSON.stringify(feature)).toEqual(one.values.subarray(0, cut * one.width));
      }
    }
  });

  it('a backtest that ends earlier contains the same fits and the same forecasts', async () => {
    const bars = randomBars({ seed: 6, length: 260 });
    const whole = await predictions(ridgeBot(), bars);
    const early = await predictions(ridgeBot(), sliceBars(bars, 0, 200));
    expect(early.records.map(({ request }) => request.key)).toEqual(
      whole.records.slice(0, early.records.length).map(({ request }) => request.key),
    );
    expect(early.forecasts.columns[0]).toEqual(whole.forecasts.columns[0]!.subarray(0, 200));
  });

  it('a backtest that starts later contains the same fits', async () => {
    const bars = randomBars({ seed: 6, length: 260 });
    const whole = await backtestOf(ridgeBot(), [bars]);
    const late = await backtestOf(ridgeBot({ period: { from: bars.openTime[150]! } }), [bars]);
    const keys = whole.report.fits.map(({ key }) => key);
    expect(late.report.fits.length).toBeGreaterThan(2);
    for (const { key } of late.report.fits) expect(keys).toContain(key);
  });

  it('another history before the same training bars gives other keys, where a feature remembers it', async () => {
    const bars = randomBars({ seed: 8, length: 260, gaps: 0 });
    const anchor = bars.openTime[0]!;
    const keyAt = async (from: number) => {
      const { records } = await predictions(ridgeBot({ anchor }), sliceBars(bars, from, 260));
      return records.find(({ request }) => request.slot === 200)!.request;
    };
    const [one, other] = [await keyAt(0), await keyAt(7)];
    expect(one.trainedFrom).toBe(other.trainedFrom);
    expect(one.key).not.toBe(other.key);
    // Without memory in the features the training bars are all there is.
    const plain = ridgeBot({ anchor }, { features: ['logReturn'] });
    const keys = await Promise.all(
      [0, 7].map(
        async (from) =>
          (await predictions(plain, sliceBars(bars, from, 260))).records.find(({ request }) => request.slot === 200)!.request.key,
      ),
    );
    expect(keys[0]).toBe(keys[1]);
  });

  it('a back-filled bar before the training rows moves no slot', async () => {
    const bars = randomBars({ seed: 9, length: 260, gaps: 0.1 });
    const { records } = await predictions(ridgeBot(), bars);
    for (const { request } of records) {
      const expected = bars.openTime[0]! + request.slot * bars.intervalMs;
      // The bar of the slot, or where it is missing the next one.
      expect(request.time - bars.intervalMs).toBeGreaterThanOrEqual(expected);
      expect(bars.openTime.some((time) => time >= expected && time < request.time - bars.intervalMs)).toBe(false);
    }
  });

  it('6: the order of markets changes neither fits nor digest', async () => {
    const markets = [1, 2, 3].map((seed) => randomBars({ seed, length: 220, market: `m${seed}` }));
    const one = await backtestOf(ridgeBot(), markets);
    const other = await backtestOf(ridgeBot(), [...markets].reverse());
    expect(other.report.digest).toBe(one.report.digest);
    expect(other.report.fits.map(({ key }) => key)).toEqual(one.report.fits.map(({ key }) => key));
  });

  it('7: the same inputs give the same digest, with the fits trained again or found', async () => {
    const bars = randomBars({ seed: 11, length: 240 });
    const around = surroundings();
    const first = await backtestOf(ridgeBot(), [bars], around);
    const found = await backtestOf(ridgeBot(), [bars], around);
    const again = await backtestOf(ridgeBot(), [bars]);
    expect([found.report.digest, again.report.digest]).toEqual([first.report.digest, first.report.digest]);
    expect(found.report.fits.every(({ cached }) => cached)).toBe(true);
    expect(first.report.fits.some(({ cached }) => cached)).toBe(false);
    expect([first, found].map(({ report }) => report.trials)).toEqual([1, 2]);
  });
});
