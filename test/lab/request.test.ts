import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import type { ExperimentPlan } from '../../src/lab/plan.ts';
import { type Fit, fit as learn, type Request } from '../../src/models/fit.ts';
import type { Model } from '../../src/models/model.ts';
import { flatBars, poisoned, randomBars } from '../support/markets.ts';
import { market, planOf, requestOf, tiny, wasm } from './bench.ts';

async function fitted(request: Request): Promise<Fit> {
  const outcome = await learn(request, await wasm(), {});
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  return outcome.fit;
}

/** The same bars with the prices from one row on multiplied. */
function scaled(bars: Bars, from: number, factor: number): Bars {
  const of = (column: Float64Array) => column.map((value, row) => (row < from ? value : value * factor));
  return { ...bars, open: of(bars.open), high: of(bars.high), low: of(bars.low), close: of(bars.close) };
}

const MODELS: Readonly<Record<string, Model>> = {
  'one bar ahead': tiny(),
  'five bars ahead': tiny({ horizon: 5, target: 'price' }),
  'of several outputs': tiny({ target: ['high', 'low', 'close'], features: ['close', 'volume', { sma: 5 }] }),
  'of volatility': tiny({ target: 'volatility', horizon: 3 }),
};
const PLANS: Readonly<Record<string, ExperimentPlan>> = {
  overlapping: planOf(),
  inside: planOf({ windows: 'inside', dropLast: true }),
};

describe('what a fit learns from', () => {
  const all = Object.entries(MODELS).flatMap(([name, model]) =>
    Object.entries(PLANS).map(([windows, plan]) => ({ name, model, windows, plan })),
  );

  it.each(all)('$name with $windows windows is the same whatever follows the bar at which the test part opens', ({ model, plan }) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 30 }), (seed, later) => {
        const bars = randomBars({ seed, length: 150 });
        const { split, ends } = openMarket(plan, bars)(model);
        const opening = split.rows[split.test]!;
        const request = requestOf(plan, model, [bars]);
        expect(requestOf(plan, model, [poisoned(bars, opening + later, seed + 1)]).key).toBe(request.key);
        // The last validation label is the last thing that is looked at.
        const label = ends.validation[ends.validation.length - 1]! + model.horizon;
        expect(label).toBeLessThanOrEqual(opening);
        expect(requestOf(plan, model, [poisoned(bars, label, seed + 1)]).key).not.toBe(request.key);
      }),
      { seed: 3, numRuns: 12 },
    );
  });

  it.each(all)('$name with $windows windows scales by the training part: what follows it changes no scaler', async ({ model, plan }) => {
    const bars = randomBars({ seed: 8, length: 150 });
    const { split, ends } = openMarket(plan, bars)(model);
    const known = Math.max(ends.train[ends.train.length - 1]! + model.horizon, split.rows[split.validation - 1]!);
    const one = await fitted(requestOf(plan, model, [bars]));
    const other = await fitted(requestOf(plan, model, [scaled(bars, known + 1, 1.5)]));
    expect(other.key).not.toBe(one.key);
    expect(other.inputScaler).toEqual(one.inputScaler);
    expect(other.targetScaler).toEqual(one.targetScaler);
    expect(other.meanMove).toBe(one.meanMove);
  });

  it('is cut so that no bar of the test part but the one that opens it goes in', () => {
    const bars = randomBars({ seed: 2, length: 120 });
    const { split, ends } = openMarket(planOf(), bars)(tiny());
    const request = requestOf(planOf(), tiny(), [bars]);
    expect(request.trainedTo).toBe(bars.openTime[split.rows[split.test]!]);
    expect(request.values.length / request.width).toBe(ends.validation[ends.validation.length - 1]! - ends.train[0]! + tiny().lookback);
    expect(request.trainCount).toBe(ends.train.length);
  });

  it('inside parts: the scalers see every row of the training part, as the publication has it', async () => {
    const plan = planOf({ windows: 'inside' });
    const model = tiny({ features: ['close'], target: 'price' });
    // 50 rows, 30 of which train: closes 1 .. 30, whose next closes within the part are 2 .. 30.
    const rising = flatBars(Array.from({ length: 50 }, (_, i) => i + 1));
    const { inputScaler, targetScaler } = await fitted(requestOf(plan, model, [rising]));
    expect(inputScaler.offset[0]).toBeCloseTo(15.5, 12);
    // The population variance of n whole numbers in a row is (n^2 - 1) / 12.
    expect(inputScaler.scale[0]).toBeCloseTo(Math.sqrt((30 * 30 - 1) / 12), 12);
    expect(targetScaler.offset[0]).toBeCloseTo(16, 12);
    expect(targetScaler.scale[0]).toBeCloseTo(Math.sqrt((29 * 29 - 1) / 12), 12);
  });
});

describe('the key of a request', () => {
  const bars = market('one', 3);
  const base = { plan: planOf(), model: tiny(), markets: [bars], seed: 1, trainer: 'trainer' };
  const keyOf = (change: Partial<typeof base>) => {
    const { plan, model, markets, seed, trainer } = { ...base, ...change };
    return requestOf(plan, model, markets, seed, trainer).key;
  };

  it('is the same for the same', () => {
    expect(keyOf({})).toBe(keyOf({ model: tiny(), markets: [market('one', 3)] }));
  });

  it.each<[string, Partial<typeof base>]>([
    ['seed', { seed: 2 }],
    ['trainer', { trainer: 'another' }],
    ['market', { markets: [market('one', 4)] }],
    ['name of the market, which the seed is derived from', { markets: [market('two', 3)] }],
    ['split', { plan: planOf({ split: { kind: 'shares', train: 0.5, validation: 0.3, test: 0.2 } }) }],
    ['windows', { plan: planOf({ windows: 'inside' }) }],
    ['units', { model: tiny({ units: [5] }) }],
    ['lookback', { model: tiny({ lookback: 6 }) }],
    ['horizon', { model: tiny({ horizon: 2 }) }],
    ['features', { model: tiny({ features: ['logReturn'] }) }],
    ['target', { model: tiny({ target: 'price' }) }],
    ['scaling', { model: tiny({ scaling: { inputs: 'minmax' } }) }],
    ['dropout', { model: tiny({ dropout: 0.1 }) }],
    ['epochs', { model: tiny({ train: { epochs: 3 } }) }],
    ['learning rate', { model: tiny({ train: { learningRate: 0.01 } }) }],
    ['shuffling', { model: tiny({ train: { shuffle: 'once' } }) }],
    ['embargo', { model: tiny({ train: { embargo: 2 } }) }],
    ['markets pooled', { markets: [bars, market('two', 4)] }],
  ])('changes with the %s', (_, change) => {
    expect(keyOf(change)).not.toBe(keyOf({}));
  });
});

describe('markets of a class', () => {
  const model = tiny({ features: ['close'], target: 'price' });
  // Prices of one market are a hundred times those of the other.
  const low = market('low', 5, 60);
  const high = scaled(market('high', 6, 50), 0, 100);
  const plan = planOf();

  it('are each scaled by their own training rows and labels, as when they are alone', async () => {
    const together = await fitted(requestOf(plan, model, [low, high]));
    expect(together.pooled!.map((one) => one.market)).toEqual(['low', 'high']);
    for (const [k, bars] of [low, high].entries()) {
      const { ends } = openMarket(plan, bars)(model);
      const rows = bars.close.subarray(ends.train[0]! - model.lookback + 1, ends.train[ends.train.length - 1]! + 1);
      const labels = Float64Array.from(ends.train, (end) => bars.close[end + 1]!);
      const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = (values: Float64Array) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
      const own = together.pooled![k]!;
      expect(own.inputScaler.offset[0]).toBeCloseTo(mean(rows), 8);
      expect(own.inputScaler.scale[0]).toBeCloseTo(deviation(rows), 8);
      expect(own.targetScaler.offset[0]).toBeCloseTo(mean(labels), 8);
      expect(own.targetScaler.scale[0]).toBeCloseTo(deviation(labels), 8);
      const moves = Float64Array.from(ends.train, (end) => Math.abs(bars.close[end + 1]! / bars.close[end]! - 1));
      expect(own.meanMove).toBeCloseTo(mean(moves), 12);
    }
  });

  it('are, with windows inside their parts, scaled by all of their own training rows', async () => {
    const inside = planOf({ windows: 'inside' });
    const together = await fitted(requestOf(inside, model, [low, high]));
    for (const [k, bars] of [low, high].entries()) {
      const alone = await fitted(requestOf(inside, model, [bars]));
      expect(together.pooled![k]).toEqual({
        market: bars.market,
        inputScaler: alone.inputScaler,
        targetScaler: alone.targetScaler,
        meanMove: alone.meanMove,
      });
    }
  });

  it('lie one below the other: every window holds rows of its own market, and its label', () => {
    const request = requestOf(plan, model, [low, high]);
    const samples = [low, high].map((bars) => ({ bars, ends: openMarket(plan, bars)(model).ends }));
    const expected = (['train', 'validation'] as const).flatMap((part) =>
      samples.flatMap(({ bars, ends }) =>
        Array.from(ends[part], (end) => ({
          window: Array.from(bars.close.subarray(end - model.lookback + 1, end + 1)),
          label: bars.close[end + 1],
        })),
      ),
    );
    const received = Array.from(request.ends, (end, s) => ({
      window: Array.from(request.values.subarray(end - model.lookback + 1, end + 1)),
      label: request.labels[s],
    }));
    expect(received).toEqual(expected);
    expect(request.trainCount).toBe(samples[0]!.ends.train.length + samples[1]!.ends.train.length);
  });
});
