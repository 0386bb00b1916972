import { type Bars, type Column, createBars } from '../../src/core/bars.ts';
import { type Run, run } from '../../src/core/engine.ts';
import type { FundingRates } from '../../src/core/funding.ts';
import type { OrderKind, Ticket } from '../../src/core/order.ts';
import { createPanel } from '../../src/core/panel.ts';
import { HOLD, type Policy, Reason } from '../../src/core/policy.ts';
import { createRandom, deriveSeed, type Random } from '../../src/core/random.ts';
import type { Guards, MarketRules, OrderStyle, Rules } from '../../src/core/rules.ts';
import type { Setup } from '../../src/core/setup.ts';
import type { State } from '../../src/core/trace.ts';
import { HOUR, randomBars } from './markets.ts';
import { jagged, joined } from './runs.ts';

/** Everything at once: markets with funding and detail, rules of every kind, and a policy that places tickets of every kind. */
export interface World {
  readonly seed: number;
  readonly markets: readonly Bars[];
  readonly detail: ReadonlyMap<string, Bars>;
  readonly funding: ReadonlyMap<string, FundingRates>;
  readonly rules: Rules;
  /** Quantities and prices of tickets are multiples of these. */
  readonly unit: number;
  readonly sized: boolean;
}

const LENGTH = 48;

export function randomWorld(seed: number): World {
  const random = createRandom(deriveSeed(seed, 'world'));
  const markets = Array.from({ length: 4 }, (_, k) =>
    randomBars({
      seed: deriveSeed(seed, k),
      length: LENGTH,
      market: `m${k}`,
      gaps: pick(random, [0, 0.1]),
      silent: pick(random, [0, 0.1]),
    }),
  );
  const detail = new Map(markets.filter(() => random.uniform() < 0.3).map((bars) => [bars.market, finer(bars, random)] as const));
  const rules = randomRules(random, markets);
  const margined = markets.filter(({ market }) => rules.markets?.[market]?.margin);
  const funding = new Map(margined.filter(() => random.uniform() < 0.6).map((bars) => [bars.market, ratesFor(bars, random)] as const));
  return { seed, markets, detail, funding, rules, unit: 1, sized: random.uniform() < 0.4 };
}

/** Four bars of a quarter of the interval that make up each bar. */
function finer(bars: Bars, random: Random): Bars {
  const rows: number[][] = [];
  for (let row = 0; row < bars.length; row++) {
    const [low, high] = [bars.low[row]!, bars.high[row]!];
    const points = [bars.open[row]!, random.uniform() < 0.5 ? low : high, random.uniform() < 0.5 ? high : low, bars.close[row]!];
    let before = points[0]!;
    points.forEach((after, k) => {
      if (random.uniform() < 0.05) return;
      rows.push([
        bars.openTime[row]! + (k * HOUR) / 4,
        before,
        Math.max(before, after),
        Math.min(before, after),
        after,
        bars.volume[row]! / 4,
      ]);
      before = after;
    });
  }
  const column = (k: number) => Float64Array.from(rows, (values) => values[k]!);
  return createBars(bars.market, HOUR / 4, {
    openTime: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}

function ratesFor(bars: Bars, random: Random): FundingRates {
  const first = bars.openTime[0]! - 8 * HOUR;
  const count = Math.ceil((bars.openTime[bars.length - 1]! - first) / (8 * HOUR)) + 2;
  return {
    time: Float64Array.from({ length: count }, (_, k) => first + k * 8 * HOUR),
    rate: Float64Array.from({ length: count }, () => 0.002 * random.normal()),
  };
}

function randomRules(random: Random, markets: readonly Bars[]): Rules {
  const maybe = <T>(chance: number, value: () => T): T | undefined => (random.uniform() < chance ? value() : undefined);
  const base = random.uniform() < 0.15;
  const marketRules = Object.fromEntries(
    markets.map(({ market }) => {
      const margin = !base && random.uniform() < 0.6;
      const leverage = margin ? maybe(0.5, () => pick(random, [1, 2, 5, 20])) : undefined;
      return [
        market,
        defined<MarketRules>({
          margin: margin || undefined,
          leverage,
          maintenance: leverage === undefined ? undefined : 0.5 / leverage,
          liquidationFee: leverage === undefined ? undefined : 0.01,
          borrow: margin ? maybe(0.3, () => 0.2) : undefined,
          lot: maybe(0.4, () => pick(random, [1 / 64, 0.5, 1])),
          tick: maybe(0.4, () => pick(random, [1 / 128, 0.25])),
          minimumQuantity: maybe(0.2, () => 1),
          minimumNotional: maybe(0.2, () => 50),
        }),
      ];
    }),
  );
  const style = (): OrderStyle => {
    const kind = pick(random, ['market', 'limit', 'stop', 'stop-limit'] as const);
    return defined<OrderStyle>({
      kind,
      offset: kind === 'market' ? undefined : pick(random, [0.001, 0.005]),
      limitOffset: kind === 'stop-limit' ? pick(random, [0, 0.002]) : undefined,
      timeInForce: maybe(0.5, () => 1 + random.below(4)),
      postOnly: kind === 'limit' ? maybe(0.3, () => true) : undefined,
    });
  };
  const guards = (): Guards =>
    defined<Guards>({
      stopLoss: maybe(0.4, () => pick(random, [0.005, 0.02])),
      takeProfit: maybe(0.4, () => pick(random, [0.005, 0.03])),
      trailingStop: maybe(0.4, () => pick(random, [{ fraction: 0.01 }, { multiple: 2, period: 3 }, { fraction: 0.02, intrabar: true }])),
      timeStop: maybe(0.2, () => 1 + random.below(6)),
      cooldown: maybe(0.3, () => 1 + random.below(4)),
      staleData: maybe(0.2, () => 1 + random.below(2)),
      expiredModel: maybe(0.3, () => 'flat' as const),
      maxDrawdown: maybe(0.3, () => defined({ limit: 0.02, pause: maybe(0.7, () => 1 + random.below(8)) })),
      dailyLoss: maybe(0.3, () => 0.01),
      losses: maybe(0.3, () => defined({ limit: 1 + random.below(3), pause: maybe(0.7, () => 1 + random.below(6)) })),
      maxExposure: maybe(0.3, () => pick(random, [0.3, 0.8])),
    });
  return defined<Rules>({
    capital: 10_000,
    fill: pick(random, ['next-open', 'next-open', 'next-close', 'this-close'] as const),
    costs: defined({
      taker: pick(random, [0, 0.001]),
      maker: maybe(0.5, () => 0.0002),
      minimum: maybe(0.2, () => 1),
      perUnit: maybe(0.2, () => 0.01),
      currency: base ? ('base' as const) : undefined,
      slippage: pick(random, [
        0,
        0.0005,
        { kind: 'volume-share' as const, impact: 0.1 },
        { kind: 'measured' as const, sample: [0, 0.0001, 0.001] },
      ]),
    }),
    share: pick(random, [1, 0.5, 0.25]),
    band: pick(random, [0, 0.05]),
    keepSize: maybe(0.2, () => true),
    amount: maybe(0.15, () => 2_000),
    markets: marketRules,
    volumeCap: maybe(0.4, () => ({ share: pick(random, [0.01, 0.1]), quantity: pick(random, ['resolve', 'fixed'] as const) })),
    entry: maybe(0.3, style),
    exit: maybe(0.2, style),
    optimistic: maybe(0.2, () => true),
    guards: maybe(0.7, guards),
    marketGuards: maybe(0.4, () => ({ m1: guards() })),
  });
}

function pick<const T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

/** Without what is undefined. */
function defined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Turns with its signal, and now and then places or cancels orders: all a function of the world, the market and its bar. */
function policyOf({ seed, unit }: World): Policy {
  return {
    kind: 'scripted',
    slots: ['turns'],
    decide(view, memory, at) {
      const { bars, i } = view;
      const random = createRandom(deriveSeed(seed, bars.market, bars.openTime[i]!));
      const close = bars.close[i]!;
      if (random.uniform() < 0.2) view.place(ticketOf(random, close, unit));
      if (random.uniform() < 0.05) view.cancel();
      const value = view.signal[i]!;
      if (Number.isNaN(value)) {
        view.reason = Reason.noForecast;
        return HOLD;
      }
      const chance = random.uniform();
      if (chance < 0.5) {
        view.reason = Reason.holding;
        return HOLD;
      }
      memory[at]! += 1;
      view.reason = value > 0 ? Reason.enterLong : value < 0 ? Reason.enterShort : Reason.exit;
      return chance < 0.6 ? 0 : Math.sign(value) * pick(random, [1, 0.5]);
    },
  };
}

function ticketOf(random: Random, close: number, unit: number): Ticket {
  const kind = pick<OrderKind>(random, ['market', 'limit', 'stop', 'stop-limit', 'trailing-stop', 'take-profit']);
  const near = () => close * (1 + 0.02 * (random.uniform() - 0.5));
  const quantity = (random.uniform() < 0.5 ? 1 : -1) * (1 + random.below(80)) * unit;
  return defined<Ticket>({
    kind,
    quantity,
    limit: kind === 'limit' || kind === 'stop-limit' ? near() : undefined,
    trigger: kind === 'stop' || kind === 'stop-limit' || kind === 'take-profit' ? near() : undefined,
    trail: kind === 'trailing-stop' ? pick(random, [{ fraction: 0.01 }, { distance: close / 128 }]) : undefined,
    timeInForce: random.uniform() < 0.5 ? 1 + random.below(5) : undefined,
    postOnly: kind === 'limit' && random.uniform() < 0.2 ? true : undefined,
    reduceOnly: random.uniform() < 0.3 ? true : undefined,
    group: random.uniform() < 0.3 ? 'pair' : undefined,
    protection:
      random.uniform() < 0.3
        ? defined({ stopLoss: near(), takeProfit: near(), trailingStop: random.uniform() < 0.5 ? { fraction: 0.005 } : undefined })
        : undefined,
  });
}

/** Runs a world in one piece, or in pieces that end at the given slices, each state passing through JSON. */
export function runWorld(world: World, cuts: readonly number[] = []): Run {
  const { markets, detail, funding, rules } = world;
  const panel = createPanel(markets, { detail, funding });
  const columns = panel.markets.map((bars) => jagged(bars).map((value, i) => (i % 17 > 14 ? Number.NaN : value)));
  const setup: Omit<Setup, 'from' | 'to'> = {
    name: 'bot',
    panel,
    policy: policyOf(world),
    signals: columns.map((column) => [column]),
    forecasts: columns,
    rules,
    trueRange: panel.markets.map(rangeOf),
    ...(world.sized && {
      weights: panel.markets.map(({ close }) => close.map((_, i) => (i < 5 ? Number.NaN : 0.2 + 0.1 * (i % 3)))),
      volatilityTarget: { volatility: 0.005, most: 1.5, covariance: covarianceOf(panel.markets.length, panel.closeTime.length) },
    }),
  };
  let state: State | undefined;
  let from = 0;
  const pieces: Run[] = [];
  for (const to of [...cuts, panel.closeTime.length]) {
    const piece = run({ ...setup, from, to }, state);
    pieces.push(piece);
    state = JSON.parse(JSON.stringify(piece.state)) as State;
    from = to;
  }
  return joined(panel, pieces);
}

function rangeOf({ high, low }: Bars): Column {
  return high.map((value, i) => (i < 2 ? Number.NaN : value - low[i]!));
}

function covarianceOf(markets: number, slices: number): readonly (readonly Column[])[] {
  return Array.from({ length: markets }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) => new Float64Array(slices).map((_, slice) => (slice < 8 ? Number.NaN : i === j ? 1e-4 : 2e-5))),
  );
}

/** The same world in other units: prices x c, volumes x k / c, money x k. Powers of two keep every number exact. */
export function scaledWorld(world: World, c: number, k: number): World {
  const scaled = (bars: Bars) =>
    createBars(bars.market, bars.intervalMs, {
      openTime: bars.openTime,
      open: bars.open.map((value) => value * c),
      high: bars.high.map((value) => value * c),
      low: bars.low.map((value) => value * c),
      close: bars.close.map((value) => value * c),
      volume: bars.volume.map((value) => (value * k) / c),
    });
  const { rules } = world;
  const { minimum, perUnit } = rules.costs;
  return {
    ...world,
    unit: (world.unit * k) / c,
    markets: world.markets.map(scaled),
    detail: new Map([...world.detail].map(([market, bars]) => [market, scaled(bars)])),
    rules: {
      ...rules,
      capital: rules.capital * k,
      costs: {
        ...rules.costs,
        ...(minimum !== undefined && { minimum: minimum * k }),
        ...(perUnit !== undefined && { perUnit: perUnit * c }),
      },
      ...(rules.amount !== undefined && { amount: rules.amount * k }),
      markets: Object.fromEntries(
        Object.entries(rules.markets ?? {}).map(([market, { lot, tick, minimumQuantity, minimumNotional, ...rest }]) => [
          market,
          {
            ...rest,
            ...(lot !== undefined && { lot: (lot * k) / c }),
            ...(tick !== undefined && { tick: tick * c }),
            ...(minimumQuantity !== undefined && { minimumQuantity: (minimumQuantity * k) / c }),
            ...(minimumNotional !== undefined && { minimumNotional: minimumNotional * k }),
          },
        ]),
      ),
    },
  };
}
