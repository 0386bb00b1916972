import { describe, expect, it } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { nextOpening } from '../../src/core/calendar.ts';
import { createPanel } from '../../src/core/panel.ts';
import { createRandom } from '../../src/core/random.ts';
import { forecastAhead } from '../../src/lab/ahead.ts';
import { comingBars } from '../../src/lab/coming-bars.ts';
import { lookAhead, type MarketOutlook, type OutlookSurroundings } from '../../src/lab/outlook.ts';
import { linear } from '../../src/models/baselines/linear.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { loadTrainer } from '../../src/models/engines/load.ts';
import type { Fit } from '../../src/models/fit.ts';
import { createModel, isBaseline, type Model, type ModelOptions } from '../../src/models/model.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import type { Trainer } from '../../src/models/trainer.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { predict, type Surroundings } from '../../src/walk/predictions.ts';
import { ridgeBot } from '../support/bots.ts';
import { HOUR, poisoned, randomBars } from '../support/markets.ts';

const DAY = 24 * HOUR;
const bars = randomBars({ seed: 5, length: 161 });
const wasm = await loadTrainer('wasm');

type BotWithModel = Bot & { readonly model: Model };

function botOf(options: Partial<ModelOptions> = {}, more: Partial<Bot> = {}): BotWithModel {
  const model = createModel({
    kind: 'gru',
    units: [4],
    lookback: 4,
    features: ['logReturn', { rsi: 5 }],
    ...options,
    train: { window: 60, validation: 0.2, epochs: 2, ...options.train },
  });
  return { ...ridgeBot(more), model };
}

const around = (more: Partial<OutlookSurroundings> = {}): OutlookSurroundings => ({
  networkTrainer: async () => wasm,
  fits: memoryFitStore(),
  clock: () => 0,
  ...more,
});

async function outlookOf(bot: BotWithModel, market: Bars = bars, steps: number = bot.model.horizon): Promise<MarketOutlook> {
  return (await lookAhead(bot, [{ market: market.market, bars: market }], steps, around())).markets[0]!;
}

/** The fit that is asked for at the last bar, and the trainer that opens it. */
async function fitAtLast(bot: BotWithModel, market: Bars = bars): Promise<{ fit: Fit; trainer: Trainer }> {
  const fits = memoryFitStore();
  const { markets } = await lookAhead(bot, [{ market: market.market, bars: market }], bot.model.horizon, around({ fits }));
  return { fit: fits.get(markets[0]!.fit.key)!, trainer: isBaseline(bot.model.kind) ? linear : wasm };
}

function daily(count: number, first: number): Bars {
  const prices = Float64Array.from({ length: count }, (_, i) => 100 + i);
  const openTime = Float64Array.from({ length: count }, (_, i) => first + i * DAY);
  return createBars('daily', DAY, { openTime, open: prices, high: prices, low: prices, close: prices, volume: prices });
}

/** Every hourly return is -0.9 times the one before, and a little chance. */
function swinging(length: number): Bars {
  const random = createRandom(4);
  const close = new Float64Array(length);
  let move = 0.01;
  let price = 100;
  for (let i = 0; i < length; i++) {
    move = -0.9 * move + 0.002 * random.normal();
    price *= 1 + move;
    close[i] = price;
  }
  const openTime = close.map((_, i) => Date.UTC(2020, 0, 1) + i * HOUR);
  return createBars('swinging', HOUR, { openTime, open: close, high: close, low: close, close, volume: close.map(() => 1) });
}

describe('the first step', () => {
  const last = bars.length - 1;
  it.each<[string, Partial<ModelOptions>]>([
    ['a return', {}],
    ['a logarithmic return', { target: 'logReturn' }],
    ['a price', { target: 'price' }],
    ['a direction', { target: 'direction' }],
    ['several levels', { target: ['high', 'close', 'low'] }],
    ['quantiles', { train: { loss: 'quantile', quantile: [0.1, 0.5, 0.9] } }],
    ['a return five bars ahead', { horizon: 5 }],
    ['what a ridge regression says', { kind: 'linear' }],
  ])('is, for %s, exactly the forecast of a walk whose fit is asked for at the last bar', async (_, options) => {
    const free = botOf(options);
    // Slots count hours, missing ones too: every slot from the first bar on may ask for a fit, and it serves at once.
    const walking: BotWithModel = { ...free, schedule: createSchedule({ retrain: 1, delay: 0, maxAge: 0 }) };
    const fits = memoryFitStore();
    const surroundings: Surroundings = { networkTrainer: async () => wasm, fits, clock: () => 0 };
    const walk = await predict(walking, walking.model, createPanel([bars]), [{ from: last, to: last + 1 }], surroundings);
    expect(walk.records).toHaveLength(1);

    const outlook = await outlookOf(free);
    expect(outlook.fit.key).toBe(walk.records[0]!.request.key);
    expect(outlook.steps[0]!.return).toBe(walk.forecasts.columns[0]![last]);
    const drift = walk.baselines.find(({ name }) => name === 'drift')!.columns[0]![last]!;
    if (options.train?.loss !== 'quantile') expect(outlook.steps[0]!.drift).toBe(bars.close[last]! * (1 + drift));
    expect(outlook.steps[0]).toMatchObject({ persistence: bars.close[last]!, recursive: false, step: free.model.horizon });
  });

  it('of an ensemble combines what its models say at every step, and goes on from there', async () => {
    const kinds = ['gru', 'linear', 'drift'] as const;
    const models = kinds.map((kind) => botOf({ kind, ...(kind === 'linear' && { lookback: 6 }) }).model);
    const alone = await Promise.all(models.map((model) => outlookOf({ ...botOf(), model }, bars, 1)));
    const together = (combine: 'mean' | 'median' | 'stacking', steps: number, market = bars) =>
      outlookOf({ ...botOf(), model: models[0]!, ensemble: { combine, members: models.slice(1) } }, market, steps);
    const mean = await together('mean', 2);
    const median = await together('median', 1);
    const returns = alone.map(({ steps }) => steps[0]!.return!);
    const average = returns.reduce((sum, one) => sum + one, 0) / 3;
    const squares = returns.reduce((sum, one) => sum + (one - average) * (one - average), 0);
    expect(mean.steps[0]!.return).toBeCloseTo(average, 14);
    expect(mean.steps[0]!.close).toBeCloseTo(mean.lastClose * (1 + average), 10);
    expect(mean.steps[0]!.spread).toBeCloseTo(Math.sqrt(squares / 2), 14);
    expect(median.steps[0]!.return).toBe([...returns].sort((a, b) => a - b)[1]);
    expect(mean.model).toBe('mean of gru, linear, drift');
    expect([mean.fit, ...mean.members!].map(({ key }) => key)).toEqual(alone.map(({ fit }) => fit.key));
    // There is no walk from whose forecasts the weights of a stacking could be learnt.
    const stacked = await together('stacking', 1);
    expect(stacked).toMatchObject({ model: 'mean of gru, linear, drift', steps: [mean.steps[0]] });
    expect(stacked.warnings.join()).toMatch(/weights of a stacking are learnt from the forecasts of a walk.*plain mean/);
    // The drift is the same number at every step: the spread of the second step has another reason.
    expect(mean.steps[1]).toMatchObject({ step: 2, recursive: true });
    expect(mean.steps[1]!.spread).not.toBe(mean.steps[0]!.spread);
  });

  it('learns from every sample whose label is known at the last close', async () => {
    const { fit, lastTime } = await outlookOf(botOf());
    expect(fit).toMatchObject({ samples: 48, validationSamples: 12, epochs: 2 });
    expect(Date.parse(fit.trainedTo)).toBe(bars.openTime[last]);
    expect(Date.parse(lastTime)).toBe(bars.openTime[last]! + HOUR);
  });

  it('does not depend on bars that come later', async () => {
    const bot = botOf();
    const early = await outlookOf(bot, sliceBars(bars, 0, 140), 3);
    expect(await outlookOf(bot, sliceBars(poisoned(bars, 140), 0, 140), 3)).toEqual(early);
    expect(early.lastClose).toBe(bars.close[139]);
  });
});

describe('step after step', () => {
  it.each<[string, Partial<ModelOptions>]>([
    ['a network', { features: ['logReturn', 'range', { ema: 5 }, 'volume', 'hour'] }],
    ['several levels', { target: ['high', 'close', 'low', 'open'] }],
    ['a ridge regression', { kind: 'linear' }],
  ])('%s says at once what it says with every forecast written behind the bars by hand', async (_, options) => {
    const bot = botOf(options);
    const { fit, trainer } = await fitAtLast(bot);
    const together = [...forecastAhead(fit, trainer, bars, '24/7', 6)];
    expect(together.map(({ step, recursive }) => [step, recursive])).toEqual([1, 2, 3, 4, 5, 6].map((step) => [step, step > 1]));

    let known = bars;
    for (const { close, return: whole, time, levels } of together) {
      const [alone] = forecastAhead(fit, trainer, known, '24/7', 1);
      expect({ close: alone!.close, levels: alone!.levels, time: alone!.time }).toEqual({ close, levels, time });
      if (known !== bars) expect(whole).toBe(close! / bars.close[bars.length - 1]! - 1);
      const end = known.length - 1;
      const opening = known.close[end]!;
      const put = (column: Float64Array, value: number) => Float64Array.from([...column, value]);
      known = createBars(bars.market, HOUR, {
        openTime: put(known.openTime, known.openTime[end]! + HOUR),
        open: put(known.open, opening),
        high: put(known.high, Math.max(levels?.high ?? close!, opening, close!)),
        low: put(known.low, Math.min(levels?.low ?? close!, opening, close!)),
        close: put(known.close, close!),
        volume: put(known.volume, known.volume[end]!),
      });
    }
  });

  it('compounds the drift beside it, and leaves the last price where it is', async () => {
    const { steps, lastClose, warnings } = await outlookOf(botOf(), bars, 3);
    const move = steps[0]!.drift! / lastClose;
    expect(steps[2]!.drift).toBeCloseTo(lastClose * move * move * move, 10);
    expect(steps.every(({ persistence }) => persistence === lastClose)).toBe(true);
    expect(warnings.join()).toMatch(/errors add up.*drifts towards.*no forecasts with known skill/);
    expect((await outlookOf(botOf())).warnings).toEqual([]);
  });

  it('finds a planted linear rule: each move is turned round, and so is each forecast of a forecast', async () => {
    const market = swinging(300);
    const bot = botOf({ kind: 'linear', features: ['return'], lookback: 2, train: { window: 200 } });
    const { steps, lastClose } = await outlookOf(bot, market, 4);
    const closes = [market.close[market.length - 2]!, lastClose, ...steps.map(({ close }) => close!)];
    const moves = closes.slice(1).map((close, k) => close / closes[k]! - 1);
    for (let k = 1; k < moves.length; k++) {
      expect(Math.sign(moves[k]!)).toBe(-Math.sign(moves[k - 1]!));
      expect(moves[k]! / moves[k - 1]!).toBeCloseTo(-0.9, 0);
    }
  });

  it('stops where a price is none, and says at which step', async () => {
    const { fit } = await fitAtLast(botOf({ kind: 'linear', features: ['return'], lookback: 1 }));
    const plain = { kind: 'none', offset: [0], scale: [1] } as const;
    const market = createBars('test', HOUR, {
      openTime: Float64Array.of(0, HOUR),
      ...Object.fromEntries(['open', 'high', 'low', 'close', 'volume'].map((name) => [name, Float64Array.of(100, 101)])),
    } as never);
    const slope = (kernel: number): Fit => ({
      ...fit,
      inputScaler: plain,
      targetScaler: plain,
      weights: [
        { name: 'kernel', shape: [1], values: Float32Array.of(kernel) },
        { name: 'bias', shape: [1], values: Float32Array.of(0) },
      ],
    });
    // Returns of 0.01 x -20, x -20 again (4) and again (-80): below zero at the third step.
    const falling = forecastAhead(slope(-20), linear, market, '24/7', 5);
    expect(falling.next().value).toMatchObject({ step: 1 });
    expect(falling.next().value).toMatchObject({ step: 2 });
    expect(() => falling.next()).toThrow(/^Expected a forecast of the close above 0 at step 3 of 5 ahead of test, received -/);
    // 0.01 x 1e30 x 1e30 lies beyond what a float32 can be.
    expect(() => [...forecastAhead(slope(1e30), linear, market, '24/7', 2)]).toThrow(
      /^Expected a finite forecast of the close at step 2 of 2 ahead of test, received Infinity/,
    );
    await expect(
      lookAhead(
        { ...botOf({ kind: 'linear', features: ['return'], lookback: 1 }), frozen: { ...slope(-20), time: 0 } },
        [{ market: 'test', bars: market }],
        3,
        around(),
      ),
    ).rejects.toThrow(/at step 3 of 3/);
  });

  it('says which feature is not known', async () => {
    const { fit } = await fitAtLast(botOf());
    expect(() => [...forecastAhead(fit, wasm, sliceBars(bars, 0, 7), '24/7', 1)]).toThrow(
      /^Expected every feature of the last 4 bars to be known at step 1 of 1 ahead of random-5, received NaN for \{"rsi":5\} of the bar that opens at 2020-01-01/,
    );
    expect(() => [...forecastAhead(fit, wasm, sliceBars(bars, 0, 3), '24/7', 1)]).toThrow(/^Expected 4 bars for a window/);
  });
});

describe('what is said beside the close', () => {
  it('a model with a horizon speaks of that bar alone', async () => {
    const { steps } = await outlookOf(botOf({ horizon: 5 }), bars, 5);
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({ step: 5, recursive: false });
    expect(Date.parse(steps[0]!.time)).toBe(bars.openTime[bars.length - 1]! + 6 * HOUR);
  });

  it('levels of several outputs, the close among them', async () => {
    const [step] = (await outlookOf(botOf({ target: ['low', 'close', 'adjustedClose'] }))).steps;
    expect(Object.keys(step!.levels!)).toEqual(['low', 'close', 'adjustedClose']);
    expect(step!.close).toBe(step!.levels!.close);
  });

  it('quantiles as levels; the one nearest the median is the close', async () => {
    const bot = botOf({ train: { loss: 'quantile', quantile: [0.1, 0.45, 0.9], epochs: 30 } });
    const { steps } = await outlookOf(bot, bars, 2);
    for (const { close, quantiles, drift } of steps) {
      expect(quantiles!.map(({ quantile }) => quantile)).toEqual([0.1, 0.45, 0.9]);
      expect(quantiles![1]!.level).toBe(close);
      expect(drift).not.toBeNull();
    }
  });

  it('the probability of a rise, on the side of 1/2 on which the close lies', async () => {
    const { steps, lastClose } = await outlookOf(botOf({ target: 'direction' }));
    const { probability, close } = steps[0]!;
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(1);
    expect(Math.sign(probability! - 0.5)).toBe(Math.sign(close! - lastClose));
  });

  it('a volatility beside the present one, and nothing about the close', async () => {
    const { steps } = await outlookOf(botOf({ target: 'volatility', horizon: 3 }));
    const n = bars.length;
    const moves = [1, 2, 3].map((back) => bars.close[n - back]! / bars.close[n - back - 1]! - 1);
    expect(steps[0]).toMatchObject({ step: 3, close: null, return: null, drift: null });
    expect(steps[0]!.persistence).toBeCloseTo(Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0) / 3), 12);
    expect(steps[0]!.levels!.volatility).toBeTypeOf('number');
  });
});

describe('the calendar', () => {
  const [friday, saturday, monday] = [Date.UTC(2024, 0, 5), Date.UTC(2024, 0, 6), Date.UTC(2024, 0, 8)];

  it('goes from Friday to Monday on New York days, and on around the clock', () => {
    expect(nextOpening('nyse', DAY, friday - DAY)).toBe(friday);
    expect(nextOpening('nyse', DAY, friday)).toBe(monday);
    expect(nextOpening('nyse', DAY, saturday)).toBe(monday);
    expect(nextOpening('nyse', DAY, monday + 14.5 * HOUR)).toBe(monday + DAY + 14.5 * HOUR);
    expect(nextOpening('24/7', DAY, friday)).toBe(saturday);
    expect(nextOpening('24/7', 4 * HOUR, friday)).toBe(friday + 4 * HOUR);
  });

  it('gives forecasts their times, a horizon too', async () => {
    const market = daily(220, friday - 219 * DAY);
    const times = async (bot: BotWithModel, steps: number) =>
      (await outlookOf(bot, market, steps)).steps.map(({ time }) => Date.parse(time) - DAY);
    const options: Partial<ModelOptions> = { kind: 'linear', features: [{ roc: 2 }] };
    expect(await times(botOf(options, { calendar: 'nyse' }), 3)).toEqual([monday, monday + DAY, monday + 2 * DAY]);
    expect(await times(botOf(options), 3)).toEqual([saturday, saturday + DAY, monday]);
    // The Monday after is the birthday of Martin Luther King.
    expect(await times(botOf({ ...options, horizon: 6 }, { calendar: 'nyse' }), 6)).toEqual([monday + 8 * DAY]);
  });

  it('leaves the market its bars', () => {
    const market = daily(3, friday);
    const coming = comingBars(market, 'nyse', 1);
    coming.append({ close: 99, high: 98, low: 103 });
    const known = coming.known();
    expect(market.length).toBe(3);
    expect([known.open[3], known.high[3], known.low[3], known.close[3], known.volume[3]]).toEqual([102, 102, 99, 99, 102]);
  });
});

describe('fits', () => {
  it('refuses too few samples, and says what would be enough', async () => {
    const enough = 60 + 3 + 1 + 5;
    await expect(outlookOf(botOf(), sliceBars(bars, 0, enough - 1))).rejects.toThrow(
      /^Expected at least 60 samples of random-5 .*received 59 from 68 bars; at least 69 bars are needed/,
    );
    expect((await outlookOf(botOf(), sliceBars(bars, 0, enough))).steps).toHaveLength(1);
    await expect(outlookOf(botOf(), sliceBars(bars, 0, 6))).rejects.toThrow(/received none: no 4 bars in a row have all features/);
  });

  it('says why a model could not be trained', async () => {
    const market = createBars('flat', HOUR, {
      openTime: Float64Array.from({ length: 90 }, (_, i) => i * HOUR),
      ...Object.fromEntries(
        ['open', 'high', 'low', 'close', 'volume'].map((name) => [name, new Float64Array(90).fill(name === 'volume' ? 0 : 7)]),
      ),
    } as never);
    await expect(outlookOf(botOf({ features: ['logReturn'] }), market)).rejects.toThrow(
      /^Expected a fit of gru on flat at its last bar, received none: .*same forecast for every window/,
    );
  });

  it('has every market by itself: what fails is told, what does not is forecast', async () => {
    const other = randomBars({ seed: 6, length: 120, market: 'other' });
    const { markets, failures } = await lookAhead(
      botOf(),
      [
        { market: 'missing', refused: 'Expected a file, received none' },
        { market: other.market, bars: other },
        { market: 'random-5', bars: sliceBars(bars, 0, 50) },
      ],
      2,
      around(),
    );
    expect(markets).toEqual([await outlookOf(botOf(), other, 2)]);
    expect(failures.map(({ market }) => market)).toEqual(['missing', 'random-5']);
  });

  it('lets a stored model speak of what comes after it only', async () => {
    const bot = botOf();
    const { fit } = await fitAtLast(bot, sliceBars(bars, 0, 130));
    const frozen: BotWithModel = { ...bot, frozen: fit };
    const later = await outlookOf(frozen, bars, 2);
    expect(later.fit.key).toBe(fit.key);
    const first = await outlookOf(bot, sliceBars(bars, 0, 130), 1);
    expect(later.steps[0]!.drift! / later.lastClose).toBeCloseTo(first.steps[0]!.drift! / first.lastClose, 12);
    await expect(outlookOf(frozen, sliceBars(bars, 0, 129))).rejects.toThrow(/would be hindsight/);
  });

  it('stops between two steps when it is asked to', async () => {
    const stop = new AbortController();
    let pauses = 0;
    const pause = async () => {
      if (++pauses === 3) stop.abort();
    };
    const asked = lookAhead(botOf(), [{ market: bars.market, bars }], 10, around({ signal: stop.signal, pause }));
    await expect(asked).rejects.toThrow('aborted');
    expect(pauses).toBe(3);
  });
});
