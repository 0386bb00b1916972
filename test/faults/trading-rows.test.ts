import { expect, test } from 'vitest';
import { run } from '../../src/core/engine.ts';
import { createPanel } from '../../src/core/panel.ts';
import { createRandom, type Random } from '../../src/core/random.ts';
import type { MarketRules } from '../../src/core/rules.ts';
import type { FillEvent, Trace } from '../../src/core/trace.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { type Walked, walk } from '../../src/walk/walked.ts';
import { ridgeBot, surroundings } from '../support/bots.ts';
import { count } from '../support/counts.ts';
import { HOUR, poisoned, randomBars } from '../support/markets.ts';
import { fillsOf, RULES, runCase } from '../support/runs.ts';
import { type Placed, type Row, setupOf } from '../support/trading-case.ts';

const START = Date.UTC(2020, 0, 1);
const pick = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)]!;

test('B5: orders under the volume cap fill in parts whose quantities, fees and average price are those of a calculation by hand', () => {
  const sequences = count(100, 1000);
  const random = createRandom(5);
  const [SHARE, FEE] = [1 / 8, 1 / 64];
  let parts = 0;
  for (let k = 0; k < sequences; k++) {
    // Binary fractions, of which sums and products are exact.
    const rows: Row[] = Array.from({ length: 60 }, () => {
      const price = 50 + random.below(400) / 4;
      const volume = random.uniform() < 0.15 ? 0 : 1 + random.below(64);
      return [price, price, price, price, volume];
    });
    const orders: Record<number, Placed[]> = {};
    for (let order = 0; order < 1 + random.below(3); order++) {
      const bar = 1 + random.below(12);
      orders[bar] = [...(orders[bar] ?? []), { quantity: (1 + random.below(160)) / 8 }];
    }
    const { trace, state } = run(
      setupOf({
        name: '',
        bars: rows,
        orders,
        costs: { taker: FEE },
        rules: { capital: 2 ** 20, volumeCap: { share: SHARE, quantity: 'fixed' } },
        expect: [],
      }),
    );
    // By hand: each bar gives its share to those that wait, the first one first.
    const expected: { readonly bar: number; readonly quantity: number; readonly price: number; readonly fee: number }[] = [];
    const waiting: number[] = [];
    rows.forEach((row, index) => {
      const [price = 0, , , , volume = 0] = row as readonly number[];
      let left = SHARE * volume;
      waiting.forEach((wanted, place) => {
        const quantity = Math.min(wanted, left);
        if (quantity === 0) return;
        left -= quantity;
        waiting[place] = wanted - quantity;
        expected.push({ bar: index + 1, quantity, price, fee: quantity * price * FEE });
      });
      waiting.push(...(orders[index + 1] ?? []).map(({ quantity = 0 }) => quantity));
    });
    const fills = trace.events.filter((event): event is FillEvent => event.kind === 'fill');
    expect(fills.map(({ time, quantity, price, fee }) => ({ bar: (time - START) / HOUR + 1, quantity, price, fee }))).toEqual(expected);
    parts += fills.length;
    const sum = (of: (fill: (typeof expected)[number]) => number) => expected.reduce((total, fill) => total + of(fill), 0);
    const { quantity, entryPrice } = state.account.positions[0]!;
    expect(quantity).toBe(sum((fill) => fill.quantity));
    expect(state.account.fees).toBe(sum(({ fee }) => fee));
    expect(state.account.cash).toBe(2 ** 20 - sum((fill) => fill.quantity * fill.price + fill.fee));
    expect(Math.abs(entryPrice! / (sum((fill) => fill.quantity * fill.price) / quantity) - 1)).toBeLessThan(1e-12);
  }
  expect(parts).toBeGreaterThan(4 * sequences);
});

test('B6: no fill is below a minimum, off a step or above the cash, none leaves a lot that could be paid, and what is too small says so', () => {
  const cases = count(1000, 10_000);
  const random = createRandom(6);
  const seen = { filled: 0, refused: 0 };
  for (let k = 0; k < cases; k++) {
    const price = 10 ** (random.uniform() * 7 - 2);
    const cash = price * 10 ** (random.uniform() * 6 - 3);
    const maybe = <T extends object>(part: () => T) => (random.uniform() < 0.6 ? part() : {});
    const allows: MarketRules = {
      ...maybe(() => ({ lot: pick(random, [1, 0.1, 0.001, 0.00001, 0.25, 0.3]) })),
      ...maybe(() => ({ tick: price * pick(random, [0.1, 0.001, 0.00001]) })),
      ...maybe(() => ({ minimumQuantity: 10 ** (random.uniform() * 4 - 3) })),
      ...maybe(() => ({ minimumNotional: pick(random, [1, 5, 10, 100]) })),
    };
    const [taker, slippage] = [pick(random, [0, 0.001, 0.01]), pick(random, [0, 0.0005])];
    // A price that is asked for is on the grid; one that a market order gets is the bar's, less slippage.
    const limited = random.uniform() < 0.4;
    const limit = price * (0.92 + 0.06 * random.uniform());
    const order: Placed = { kind: 'limit', limit, quantity: (cash / limit) * (0.5 + 0.8 * random.uniform()) };
    const { trace, state } = run(
      setupOf({
        name: '',
        bars: [price, [price, price, 0.8 * price, 0.9 * price], price],
        ...(limited ? { orders: { 1: [order] } } : { targets: { 1: 1 } }),
        rules: { capital: cash },
        costs: { taker, slippage },
        allows,
        expect: [],
      }),
    );
    const [fill] = trace.events.filter((event) => event.kind === 'fill');
    const told = JSON.stringify({ k, price, cash, allows, taker, slippage, fill });
    const { lot, tick, minimumQuantity = 0, minimumNotional = 0 } = allows;
    expect(state.account.cash, told).toBeGreaterThanOrEqual(0);
    const whole = (value: number, step: number) => Math.abs(value / step - Math.round(value / step)) <= 1e-9 * Math.max(1, value / step);
    if (fill) {
      seen.filled++;
      expect(lot === undefined || whole(fill.quantity, lot), told).toBe(true);
      expect(!limited || tick === undefined || whole(fill.price, tick), told).toBe(true);
      expect(fill.quantity, told).toBeGreaterThanOrEqual(minimumQuantity);
      expect(fill.quantity * fill.price, told).toBeGreaterThanOrEqual(minimumNotional * (1 - 1e-12));
      const more = fill.quantity + 1.000001 * (lot ?? 1e-9 * fill.quantity);
      if (!limited) expect(more * fill.price * (1 + taker), told).toBeGreaterThan(cash);
    } else {
      seen.refused++;
      const reasons = trace.events.flatMap((event) => (event.kind === 'rejection' ? [event.reason] : []));
      const reason = reasons.length > 0 ? reasons.join() : 'in band';
      expect(reason, told).toMatch(
        /^(smaller than the lot step|smaller than the minimum quantity|worth less than the minimum notional|no cash left|in band)/,
      );
      expect(state.account.cash, told).toBe(cash);
    }
  }
  expect(Math.min(seen.filled, seen.refused)).toBeGreaterThan(cases / 10);
});

test('B7: over thousands of bars equity changes by the moves of what was held, less fees and slippage, and by nothing else', () => {
  const length = count(2000, 10_000);
  const markets = [1, 2, 3].map((seed) => randomBars({ seed, length, market: `m${seed}` }));
  const random = createRandom(7);
  const signals = Object.fromEntries(markets.map(({ market }) => [market, Array.from({ length }, () => random.normal())]));
  const rules = {
    volumeCap: { share: 0.1, quantity: 'resolve' },
    markets: { m1: { lot: 0.001 }, m2: { lot: 0.5, minimumNotional: 20 } },
  } as const;
  const done = runCase({ markets, signals, rules }, [length / 4, length / 2]);
  const fills = fillsOf(done);
  expect(fills.length).toBeGreaterThan(length / 2);
  const panel = createPanel(markets);
  const holding = markets.map(() => 0);
  const closes: number[] = markets.map(() => Number.NaN);
  let [equity, at] = [RULES.capital, 0];
  panel.closeTime.forEach((closeTime, slice) => {
    const before = [...closes];
    panel.markets.forEach((bars, m) => {
      const row = panel.row[m]![slice]!;
      if (row >= 0) closes[m] = bars.close[row]!;
    });
    holding.forEach((held, m) => {
      if (held !== 0) equity += held * (closes[m]! - before[m]!);
    });
    for (; at < fills.length && fills[at]!.time < closeTime; at++) {
      const { market, side, quantity, price, fee, slippage } = fills[at]!;
      const m = panel.markets.findIndex((bars) => bars.market === market);
      const signed = side === 'buy' ? quantity : -quantity;
      // What the market offered, before slippage.
      const offered = price - slippage / signed;
      equity += signed * (closes[m]! - offered) - fee - slippage;
      holding[m]! += signed;
    }
    const marked = done.trace.equity[slice]!;
    if (!(Math.abs(marked - equity) <= 1e-9 * Math.max(RULES.capital, marked))) expect([slice, marked]).toEqual([slice, equity]);
  });
  expect(at).toBe(fills.length);
  const { account } = done.state;
  expect(account.cash).toBeGreaterThanOrEqual(0);
});

test('C14: what follows a bar, however wild, changes no forecast, decision, order or fill until then', { timeout: 600_000 }, async () => {
  const cuts = count(40, 500);
  const seeds = 5;
  const bot = ridgeBot({ strategy: createStrategy({ kind: 'proportional', window: 20 }) });
  const random = createRandom(14);
  const from = START + 60 * HOUR;
  const until = ({ events }: Trace, time: number) =>
    events.filter((event) => event.time < time || (event.time === time && event.kind === 'order'));
  for (let seed = 1; seed <= seeds; seed++) {
    const bars = randomBars({ seed, length: 240, gaps: 0.03 });
    const clean = await walk(bot, createPanel([bars]), from, surroundings());
    const { trace } = clean.run;
    expect(until(trace, Number.POSITIVE_INFINITY).length).toBeGreaterThan(40);
    for (let k = 0; k < cuts / seeds; k++) {
      const keep = 80 + random.below(155);
      const time = bars.openTime[keep - 1]! + HOUR;
      const changed: Walked = await walk(bot, createPanel([poisoned(bars, keep, seed * 1000 + k)]), from, surroundings());
      expect(changed.forecasts[0]!.subarray(0, keep)).toEqual(clean.forecasts[0]!.subarray(0, keep));
      const slices = trace.closeTime.findIndex((close) => close > time);
      const cut = ({ closeTime, equity, market }: Trace) =>
        [closeTime, equity, market[0]!.signal, market[0]!.target, market[0]!.exposure, market[0]!.reason].map((column) => [
          ...column.subarray(0, slices),
        ]);
      expect(cut(changed.run.trace)).toEqual(cut(trace));
      expect(until(changed.run.trace, time)).toEqual(until(trace, time));
    }
  }
});
