import { describe, expect, it } from 'vitest';
import { type ForecastStore, memoryFitStore } from '../../src/models/bundle.ts';
import { createModel, type Model } from '../../src/models/model.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { backtestOf, ridgeBot } from '../support/bots.ts';
import { barsOf, poisoned, randomBars } from '../support/markets.ts';

const model = (kind: Model['kind'], lookback = 4) =>
  createModel({ kind, lookback, features: ['logReturn', { rsi: 5 }], train: { window: 40, validation: 0.2 } });
const ensemble = { combine: 'median', members: [model('drift', 7), model('forest'), model('support-vector')] } as const;
const markets = [randomBars({ seed: 1, length: 220, market: 'a' }), randomBars({ seed: 2, length: 200, market: 'b' })] as const;

describe('an ensemble', () => {
  it('is not moved by anything that comes later', async () => {
    const whole = await backtestOf(ridgeBot({ ensemble }), markets);
    const cut = 120;
    const other = await backtestOf(
      ridgeBot({ ensemble }),
      markets.map((bars) => poisoned(bars, cut)),
    );
    for (const [m, { market, time, forecast }] of whole.columns.entries()) {
      const close = markets[m]!.openTime[cut - 1]! + markets[m]!.intervalMs;
      const same = other.columns.find((column) => column.market === market)!;
      const known = forecast.filter((_, row) => time[row]! <= close);
      expect(known.filter((value) => !Number.isNaN(value)).length).toBeGreaterThan(20);
      expect(same.forecast.filter((_, row) => same.time[row]! <= close)).toEqual(known);
    }
  });

  it('says the same whatever the order of the markets, and the second time', async () => {
    const [one, again, turned] = await Promise.all(
      [markets, markets, [...markets].reverse()].map((bars) => backtestOf(ridgeBot({ ensemble }), bars)),
    );
    const forecasts = (run: typeof one) => new Map(run!.columns.map(({ market, forecast }) => [market, forecast]));
    expect(again!.report.digest).toBe(one!.report.digest);
    expect(forecasts(turned).get('a')).toEqual(forecasts(one).get('a'));
    expect(forecasts(turned).get('b')).toEqual(forecasts(one).get('b'));
  });

  it('names the member that has too few samples', async () => {
    const members = [createModel({ kind: 'drift', lookback: 4, features: ['logReturn'], train: { window: 500 } })];
    await expect(backtestOf(ridgeBot({ ensemble: { combine: 'mean', members } }), markets)).rejects.toThrow(
      /Expected at least 505 bars before a forecast \(train\.window 500/,
    );
  });

  it('refuses a member that never says where the close goes, before anything is fitted', async () => {
    const fits = memoryFitStore();
    let stored = 0;
    const counting = { ...fits, put: () => void stored++ };
    const members = [createModel({ kind: 'linear', target: 'volatility', lookback: 4 })];
    await expect(backtestOf(ridgeBot({ ensemble: { combine: 'mean', members } }), markets, { fits: counting })).rejects.toThrow(
      /Expected a target that says where the close goes, such as return, to trade on, received volatility of the model linear/,
    );
    expect(stored).toBe(0);
  });
});

describe('a frozen model', () => {
  const fitOf = async (bars = markets[0], fits = memoryFitStore()) => {
    const once = ridgeBot({ schedule: createSchedule({ retrain: 1000 }), anchor: bars.openTime[100]! });
    const { report } = await backtestOf(once, [bars], { fits });
    return fits.get(report.fits[0]!.key)!;
  };

  it('is another fit where the same numbers are of another time, and never decides before that time', async () => {
    const rows = Array.from({ length: 160 }, (_, i) => {
      const price = 100 + 5 * Math.sin(i) + (i % 7);
      return [price, price, price, price];
    });
    const early = barsOf(rows);
    const late = barsOf(rows, 'test', Date.UTC(2021, 5, 1));
    const fits = memoryFitStore();
    const first = await fitOf(early, fits);
    const second = await fitOf(late, fits);
    expect(second.weights).toEqual(first.weights);
    expect(second.key).not.toBe(first.key);
    expect(second.time - first.time).toBe(late.openTime[0]! - early.openTime[0]!);
    const { report } = await backtestOf(ridgeBot({ frozen: second, model: second.model }), [late]);
    expect(Date.parse(report.evaluation.from)).toBeGreaterThan(second.time);
  });

  it('finds no forecasts of another fit that claims its key', async () => {
    const kept = new Map<string, Float64Array>();
    const forecasts: ForecastStore = { get: (key) => kept.get(key), put: (key, said) => void kept.set(key, said) };
    // Forecasts of networks are kept, others are not.
    const network = createModel({ kind: 'gru', units: [2], lookback: 4, features: ['logReturn'], train: { window: 40, epochs: 1 } });
    const fits = memoryFitStore();
    const once = ridgeBot({ model: network, schedule: createSchedule({ retrain: 1000 }), anchor: markets[0].openTime[100]! });
    const trained = await backtestOf(once, [markets[0]], { fits, forecasts });
    const genuine = fits.get(trained.report.fits[0]!.key)!;
    const forged = { ...genuine, weights: genuine.weights.map((weight) => ({ ...weight, values: weight.values.map((value) => -value) })) };
    expect(kept.size).toBe(1);
    await backtestOf(ridgeBot({ frozen: forged, model: forged.model }), [markets[0]], { forecasts });
    expect(kept.size).toBe(2);
    const [one, other] = [...kept.values()];
    expect(other).not.toEqual(one);
  });

  it('decides as before whatever comes later', async () => {
    const frozen = await fitOf();
    const [whole, cut] = await Promise.all(
      [markets[0], poisoned(markets[0], 150)].map((bars) => backtestOf(ridgeBot({ frozen, model: frozen.model }), [bars])),
    );
    const end = markets[0].openTime[149]! + markets[0].intervalMs;
    const known = (run: typeof whole) => run!.columns[0]!.forecast.filter((_, row) => run!.columns[0]!.time[row]! <= end);
    expect(known(whole).filter((value) => !Number.isNaN(value)).length).toBeGreaterThan(20);
    expect(known(cut)).toEqual(known(whole));
  });
});
