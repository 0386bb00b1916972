import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/core/random.ts';
import type { MarketRules, Slippage } from '../../../src/core/rules.ts';
import { lawful, type Placed, type Row, setupOf, type TradingCase } from '../../support/trading-case.ts';

/** A market of twenty bars around 100, some silent, some missing, with gaps and wide ranges. */
function randomRows(random: Random): Row[] {
  const rows: Row[] = [];
  let price = 100;
  for (let bar = 0; bar < 20; bar++) {
    const open = price * (1 + 0.03 * random.normal());
    const close = open * (1 + 0.03 * random.normal());
    const high = Math.max(open, close) * (1 + 0.03 * random.uniform());
    const low = Math.min(open, close) * (1 - 0.03 * random.uniform());
    price = close;
    const volume = random.uniform() < 0.1 ? 0 : 1 + random.below(60);
    rows.push(bar > 0 && random.uniform() < 0.1 ? null : [open, high, low, close, volume]);
  }
  return rows;
}

/** The same bar in two: one half holds the high, one the low. */
function halves(random: Random, row: Row): Row[] {
  if (row === null || typeof row === 'number' || random.uniform() < 0.2) return [null, null];
  const [open, high, low, close] = row as [number, number, number, number];
  const middle = low + (high - low) * random.uniform();
  const first = [Math.max(open, middle), Math.min(open, middle)] as const;
  const second = [Math.max(close, middle), Math.min(close, middle)] as const;
  const [highFirst, lowFirst] = [random.uniform() < 0.5, random.uniform() < 0.5];
  return [
    [open, highFirst ? high : first[0], lowFirst ? low : first[1], middle, random.below(4)],
    [middle, highFirst ? second[0] : high, lowFirst ? second[1] : low, close, random.below(4)],
  ];
}

function pick<T>(random: Random, ...values: readonly T[]): T {
  return values[random.below(values.length)]!;
}

function randomOrder(random: Random, market: string): Placed {
  const sign = pick(random, 1, -1);
  const near = (side: number) => 100 * (1 + side * 0.08 * random.uniform());
  const size = pick<Placed>(
    random,
    { quantity: sign * pick(random, 0.1, 0.37, 1, 3, 8, 40) },
    { exposure: sign * pick(random, 0.3, 1, 2) },
    { exposure: 0 },
  );
  const kind = pick<Placed>(
    random,
    {},
    { kind: 'limit', limit: near(-sign), postOnly: random.uniform() < 0.3 },
    { kind: 'stop', trigger: near(sign) },
    { kind: 'stop-limit', trigger: near(sign), limit: near(pick(random, 1, -1)) },
    { kind: 'take-profit', trigger: near(-sign) },
    { kind: 'trailing-stop', trail: { fraction: 0.04 } },
  );
  return {
    market,
    ...size,
    ...kind,
    ...(random.uniform() < 0.3 && { group: pick(random, 'g', 'h') }),
    ...(random.uniform() < 0.2 && { timeInForce: 1 + random.below(4) }),
    ...(random.uniform() < 0.2 && { reduceOnly: true }),
    ...(random.uniform() < 0.3 && { protection: { stopLoss: near(-sign), takeProfit: near(sign) } }),
    ...(random.uniform() < 0.1 && { protection: { trailingStop: { distance: 3 } } }),
  };
}

function randomCase(seed: number): TradingCase {
  const random = createRandom(seed);
  const names = pick(random, ['X'], ['a', 'b'], ['a', 'b', 'c']);
  const spot = random.uniform() < 0.5;
  const maybe = <T extends object>(part: T): Partial<T> => (random.uniform() < 0.3 ? part : {});
  const allows: MarketRules = {
    ...(!spot && { margin: true, ...maybe({ leverage: 4, maintenance: 0.2, liquidationFee: 0.005 }), ...maybe({ borrow: 2 }) }),
    ...maybe({ lot: 0.25 }),
    ...maybe({ tick: 0.5 }),
    ...maybe({ minimumNotional: 40 }),
    ...maybe({ minimumQuantity: 0.3 }),
  };
  const atBars = <T>(share: number, make: () => T) =>
    Object.fromEntries(Array.from({ length: 20 }, (_, k) => k + 1).flatMap((bar) => (random.uniform() < share ? [[bar, make()]] : [])));
  const markets = Object.fromEntries(names.map((name) => [name, randomRows(random)]));
  return {
    name: '',
    markets,
    ...(markets.X && maybe({ detail: markets.X.flatMap((row) => halves(random, row)) })),
    ...(!spot && maybe({ funding: Object.fromEntries(Array.from({ length: 20 }, (_, k) => [k + 1, 0.01 * random.normal()])) })),
    orders: atBars(0.5, () => Array.from({ length: 1 + random.below(3) }, () => randomOrder(random, pick(random, ...names)))),
    targets: atBars(0.3, () => pick(random, 1, 0.5, 0, spot ? 0.2 : -1, spot ? 1 : 2)),
    cancel: Object.keys(atBars(0.1, () => 0)).map(Number),
    allows,
    costs: {
      taker: pick(random, 0, 0.01),
      slippage: pick<Slippage>(
        random,
        0,
        0.01,
        { kind: 'volume-share', impact: 0.1 } as const,
        { kind: 'measured', sample: [0, 0.02, -0.01] } as const,
      ),
      ...maybe({ maker: 0.002 }),
      ...maybe({ minimum: 1.5 }),
      ...maybe({ perUnit: 0.05 }),
      ...(spot && maybe({ currency: 'base' as const })),
    },
    rules: {
      fill: pick(random, 'next-open', 'next-close', 'this-close'),
      optimistic: random.uniform() < 0.2,
      ambiguity: pick(random, 'worst', 'best'),
      band: pick(random, 0, 0.05),
      ...maybe({ volumeCap: { share: 0.1, quantity: pick(random, 'resolve', 'fixed') } as const }),
      ...maybe({ entry: { kind: 'limit', offset: 0.01 } as const }),
      ...maybe({ exit: { kind: 'limit', offset: 0.01, timeInForce: 3 } as const }),
      guards: {
        ...maybe({ stopLoss: 0.05 }),
        ...maybe({ takeProfit: 0.06 }),
        ...maybe({ trailingStop: { fraction: 0.05, intrabar: random.uniform() < 0.5 } }),
        ...maybe({ cooldown: 2 }),
        ...maybe({ timeStop: 4 }),
        ...maybe({ maxDrawdown: { limit: 0.1, pause: 3 } }),
        ...maybe({ losses: { limit: 2, pause: 3 } }),
        ...maybe({ maxExposure: 0.8 }),
      },
    },
    expect: [],
  };
}

// Runs that found a fault once.
const FOUND = [1126, 3450, 6976, 9888, 12125, 22441];

describe('random orders under random rules', () => {
  it('keep what holds in every run: conservation, cash, prices, volumes, ends of orders, and any cut', () => {
    let fills = 0;
    for (const seed of [...Array.from({ length: 400 }, (_, k) => k + 1), ...FOUND]) {
      try {
        fills += lawful(setupOf(randomCase(seed))).whole.trace.events.filter(({ kind }) => kind === 'fill').length;
      } catch (error) {
        throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    // Enough happens for that to mean something.
    expect(fills).toBeGreaterThan(2000);
  });
});
