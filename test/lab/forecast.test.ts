import { describe, expect, it } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { forecastFit } from '../../src/lab/forecast.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import { type Fit, fit as learn, openFit } from '../../src/models/fit.ts';
import type { Model } from '../../src/models/model.ts';
import { outputNames } from '../../src/models/target.ts';
import { market, planOf, requestOf, tiny, wasm } from './bench.ts';

const plan = planOf();

async function fitted(model: Model, ...markets: Bars[]): Promise<Fit> {
  const outcome = await learn(requestOf(plan, model, markets), await wasm(), {});
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  return outcome.fit;
}

async function forecastOf(model: Model, fit: Fit, bars: Bars, outputs: readonly string[]) {
  const inputs = openMarket(plan, bars)(model);
  // Outputs that the model does not have start from nothing.
  const own = outputNames(model.target);
  const present = outputs.map((name) => inputs.present[own.indexOf(name)] ?? new Float64Array(bars.length));
  return { inputs, forecast: forecastFit(fit, await wasm(), inputs, outputs, present) };
}

const one = market('one', 5, 120);
const two = market('two', 6, 100, 'trend');
/** A hundred times as dear. */
const dear: Bars = {
  ...two,
  open: two.open.map((price) => 100 * price),
  high: two.high.map((price) => 100 * price),
  low: two.low.map((price) => 100 * price),
  close: two.close.map((price) => 100 * price),
};

describe('what a fit says', () => {
  it('of several levels is each output in its place, whatever the order they are asked for', async () => {
    const model = tiny({ target: ['high', 'low', 'close'], features: ['close', 'range'] });
    const fit = await fitted(model, one);
    const { inputs, forecast } = await forecastOf(model, fit, one, ['low', 'close', 'volatility', 'high']);
    const open = openFit(fit, await wasm());
    const learnt = open.outputs(inputs.features.values, inputs.ends.test);
    open.close();
    const columns = ['high', 'low', 'close'];
    inputs.ends.test.forEach((row, window) => {
      ['low', 'close', 'high'].forEach((name) => {
        const level = forecast.levels[['low', 'close', 'volatility', 'high'].indexOf(name)]!;
        expect(level[row]).toBe(learnt[window * 3 + columns.indexOf(name)]);
      });
    });
    expect(forecast.levels[2]).toBeUndefined();
  });

  it('of the close alone starts from the close, where high and low are asked for too', async () => {
    const several = openMarket(plan, one)(tiny({ target: ['high', 'close'] }));
    const model = tiny();
    const fit = await fitted(model, one);
    const inputs = openMarket(plan, one)(model);
    const { levels } = forecastFit(fit, await wasm(), inputs, ['high', 'close'], several.present);
    const open = openFit(fit, await wasm());
    const learnt = open.outputs(inputs.features.values, inputs.ends.test);
    open.close();
    expect(levels[0]).toBeUndefined();
    inputs.ends.test.forEach((row, window) => {
      expect(levels[1]![row]).toBeCloseTo(one.close[row]! * (1 + learnt[window]!), 9);
    });
  });

  it('is NaN where no window with a label ends', async () => {
    const model = tiny();
    const { inputs, forecast } = await forecastOf(model, await fitted(model, one), one, ['close']);
    const said = Array.from(forecast.levels[0]!.keys()).filter((row) => !Number.isNaN(forecast.levels[0]![row]));
    expect(said).toEqual([...inputs.ends.train, ...inputs.ends.validation, ...inputs.ends.test]);
  });

  it('of quantiles is the one nearest the median, beside a column of returns for each', async () => {
    const model = tiny({ target: 'price', features: ['close'], train: { loss: 'quantile', quantile: [0.1, 0.4, 0.95] } });
    const { inputs, forecast } = await forecastOf(model, await fitted(model, one), one, ['close']);
    expect(forecast.quantiles!.of).toEqual([0.1, 0.4, 0.95]);
    for (const row of inputs.ends.test) {
      const returns = forecast.quantiles!.columns.map((column) => column[row]!);
      expect(forecast.levels[0]![row]).toBeCloseTo(one.close[row]! * (1 + returns[1]!), 9);
      expect(new Set(returns).size).toBe(3);
    }
  });
});

describe('what a fit of a class says of each of its markets', () => {
  it('is in the prices of that market', async () => {
    const model = tiny({ target: 'price', features: ['close'] });
    const fit = await fitted(model, one, dear);
    for (const bars of [one, dear]) {
      const { inputs, forecast } = await forecastOf(model, fit, bars, ['close']);
      for (const row of inputs.ends.train) {
        expect(forecast.levels[0]![row]! / bars.close[row]!).toBeGreaterThan(0.7);
        expect(forecast.levels[0]![row]! / bars.close[row]!).toBeLessThan(1.4);
      }
    }
  });

  it('is, of a direction, worth the mean move of that market', async () => {
    const model = tiny({ target: 'direction' });
    const wild = market('wild', 9, 110, 'regime');
    const fit = await fitted(model, one, wild);
    for (const [k, bars] of [one, wild].entries()) {
      const { inputs, forecast } = await forecastOf(model, fit, bars, ['close']);
      const { meanMove } = fit.pooled![k]!;
      const ends = inputs.ends.train;
      const moves = Array.from(ends, (row) => Math.abs(bars.close[row + 1]! / bars.close[row]! - 1));
      expect(meanMove).toBeCloseTo(moves.reduce((sum, move) => sum + move, 0) / moves.length, 12);
      for (const row of inputs.ends.test) {
        expect(forecast.levels[0]![row]).toBeCloseTo(bars.close[row]! * (1 + (2 * forecast.probability![row]! - 1) * meanMove), 9);
      }
    }
    expect(fit.pooled![0]!.meanMove).not.toBeCloseTo(fit.pooled![1]!.meanMove, 5);
  });
});
