import type {
  Backtest,
  CostBreakdown,
  FitSummary,
  FoldSkill,
  ForecastReport,
  MarketColumns,
  Performance,
  RunResult,
  Skill,
  TradeRow,
} from '../../src/backtest/result.ts';
import { Reason } from '../../src/core/policy.ts';
import { createRandom, deriveSeed } from '../../src/core/random.ts';
import type { Event, MarketTrace } from '../../src/core/trace.ts';
import { verdict } from '../../src/report/verdict.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2024, 0, 1);
const FEE_RATE = 0.001;

export interface FixtureOptions {
  readonly bars?: number;
  readonly markets?: readonly string[];
  readonly model?: boolean;
  /** Overrides parts of the JSON, for cases that a random market does not give. */
  readonly report?: Partial<RunResult>;
}

/** A seeded backtest in the shape the engine gives: random markets, trades of a moving rule, and (with a model) forecasts, folds and fits. */
export function fixture({ bars = 400, markets = ['coinbase:BTC/USD'], model = true, report = {} }: FixtureOptions = {}): Backtest {
  const time = Float64Array.from({ length: bars }, (_, i) => START + (i + 1) * 4 * HOUR);
  const books = markets.map((market) => oneMarket(market, time));
  const mean = (columns: readonly Float64Array[]) =>
    Float64Array.from({ length: bars }, (_, i) => columns.reduce((sum, column) => sum + column[i]!, 0) / columns.length);
  const equity = mean(books.map((book) => book.equity));
  const buyAndHold = mean(books.map(({ columns }) => columns.close.map((close) => (10_000 * close) / columns.close[0]!)));
  const trades = books.flatMap((book) => book.trades);
  const forecast = model ? forecastReport(markets, time) : null;
  const first = iso(time[0] ?? START);
  const last = iso(time.at(-1) ?? START);
  const performance = performanceOf({ totalReturn: (equity.at(-1) ?? 10_000) / 10_000 - 1, roundTrips: trades.length });
  const holding = performanceOf({
    totalReturn: (buyAndHold.at(-1) ?? 10_000) / 10_000 - 1,
    sharpe: 1.1,
    maxDrawdown: -0.25,
    exposure: 1,
    fees: 10,
    slippage: 2,
    roundTrips: 0,
    winRate: null,
    profitFactor: null,
  });
  const costs = costsOf(performance);
  const assumptions = {
    fill: 'next-open',
    costs: { taker: FEE_RATE, slippage: 0.0002 },
    ambiguousBars: 0,
    bounds: null,
    notes: ['Market orders decided at a close fill at the open of the next bar.', 'No order moves the market.'],
  };
  return {
    trace: { closeTime: time, equity, market: books.map((book) => book.trace), events: books.flatMap((book) => book.events) },
    buyAndHold,
    columns: books.map(({ columns }) => (model ? columns : { ...columns, forecast: columns.forecast.map(() => Number.NaN) })),
    report: {
      schema: 'paperwalk/run@1',
      runId: 'fixture-0123456789ab',
      name: 'fixture bot',
      digest: 'd'.repeat(64),
      config: { name: 'fixture bot', markets, interval: '4h', capital: 10_000 },
      engine: model ? 'wasm' : null,
      data: markets.map((market) => ({
        market,
        origin: `csv:${market}.csv`,
        bars,
        from: first,
        to: last,
        sha256: 'a'.repeat(64),
        warnings: [],
      })),
      evaluation: { from: first, to: last, bars, periodsPerYear: 2191.5 },
      assumptions,
      performance,
      buyAndHold: holding,
      costs,
      forecast,
      fits: model ? fitSummaries(markets, first) : [],
      trades,
      rejections: [{ time: first, market: markets[0] ?? '', reason: 'below the smallest order' }],
      guards: [],
      equity: { times: Array.from(time, iso), strategy: [...equity], buyAndHold: [...buyAndHold] },
      trials: 7,
      verdict: verdict({ performance, buyAndHold: holding, forecast, trials: 7, costs, trades, assumptions }),
      timings: { features: 0.01, training: 1.5, run: 0.02 },
      ...report,
    },
  };
}

export function performanceOf(parts: Partial<Performance> = {}): Performance {
  const totalReturn = parts.totalReturn ?? 0.123;
  return {
    startEquity: 10_000,
    endEquity: 10_000 * (1 + totalReturn),
    totalReturn,
    cagr: 0.21,
    sharpe: 0.8,
    sortino: 1.2,
    calmar: 0.9,
    volatility: 0.31,
    maxDrawdown: -0.102,
    maxDrawdownBars: 43,
    exposure: 0.4,
    turnover: 12.5,
    fees: 120,
    slippage: 24,
    funding: 0,
    roundTrips: 40,
    winRate: 0.45,
    profitFactor: 1.3,
    ...parts,
  };
}

/** What the figures say of costs, with no profit of funding or interest. */
export function costsOf(
  { startEquity, endEquity, fees, slippage, funding }: Performance,
  parts: Partial<CostBreakdown> = {},
): CostBreakdown {
  const net = endEquity - startEquity;
  return {
    gross: net + fees + slippage + funding,
    fees,
    slippage,
    funding,
    interest: 0,
    shortfall: 0,
    net,
    breakEvenFee: { profit: { kind: 'fee', fee: 0.0031 }, buyAndHold: { kind: 'behind' } },
    ...parts,
  };
}

export function skillOf(parts: Partial<Skill> = {}): Skill {
  return {
    bars: 399,
    unscored: 1,
    horizon: 1,
    return: { rmse: 0.0213, mae: 0.0151, r2: -0.004, bias: 0.0003 },
    price: { rmse: 612.5, mae: 431.2, mape: 0.0151, r2: 0.9871, bias: 3.1, negativeShare: 0 },
    directionAccuracy: 0.507,
    majorityShare: 0.513,
    skillVsPersistence: -0.004,
    dieboldMariano: { statistic: -0.53, pValue: 0.596 },
    pesaranTimmermann: { statistic: 0.2, pValue: 0.421 },
    ...parts,
  };
}

export function forecastOf(parts: Partial<ForecastReport> = {}): ForecastReport {
  return {
    ...skillOf(),
    model: 'gru',
    baselines: [
      {
        ...skillOf({ skillVsPersistence: 0, directionAccuracy: null, pesaranTimmermann: { statistic: null, pValue: null } }),
        name: 'persistence',
      },
      { ...skillOf({ dieboldMariano: { statistic: 0.31, pValue: 0.757 } }), name: 'linear' },
    ],
    folds: [],
    ...parts,
  };
}

interface Book {
  readonly columns: MarketColumns;
  readonly equity: Float64Array;
  readonly trace: MarketTrace;
  readonly trades: readonly TradeRow[];
  readonly events: readonly Event[];
}

/** A random walk, held for twelve bars out of twenty; the forecast is mostly noise. */
function oneMarket(market: string, time: Float64Array): Book {
  const random = createRandom(deriveSeed(7, market));
  const length = time.length;
  const returns = Float64Array.from({ length }, () => 0.0004 + 0.012 * random.normal());
  const close = new Float64Array(length);
  const equity = new Float64Array(length);
  const exposure = Float64Array.from({ length }, (_, i) => (i % 20 >= 4 && i % 20 < 16 ? 1 : 0));
  let price = 42_000;
  let capital = 10_000;
  for (let i = 0; i < length; i++) {
    price *= 1 + returns[i]!;
    const before = i === 0 ? 0 : exposure[i - 1]!;
    capital *= (1 + before * returns[i]!) * (1 - FEE_RATE * Math.abs(exposure[i]! - before));
    close[i] = price;
    equity[i] = capital;
  }
  const actual = Float64Array.from({ length }, (_, i) => returns[i + 1] ?? Number.NaN);
  const forecast = Float64Array.from({ length }, (_, i) => (i < 8 ? Number.NaN : 0.05 * (actual[i] ?? 0) + 0.002 * random.normal()));
  const trades = Array.from({ length: Math.ceil(Math.max(0, length - 4) / 20) }, (_, n): TradeRow => {
    const entry = 20 * n + 4;
    const exit = entry + 12 < length ? entry + 12 : null;
    const profitFraction = close[exit ?? length - 1]! / close[entry]! - 1;
    return {
      market,
      side: n % 5 === 4 ? 'short' : 'long',
      entryTime: iso(time[entry]!),
      exitTime: exit === null ? null : iso(time[exit]!),
      quantity: 0.2,
      entryPrice: close[entry]!,
      exitPrice: exit === null ? null : close[exit]!,
      fees: 16.8,
      profit: 8400 * profitFraction,
      profitFraction,
      exitReason: exit === null ? null : 'signal',
    };
  });
  const reason = Uint8Array.from(exposure, (held, i) => (i < 4 ? Reason.warmingUp : held > 0 ? Reason.holding : Reason.belowThreshold));
  const events = trades.flatMap((trade, n): Event[] => {
    const at = Date.parse(trade.entryTime);
    const id = `${market}/${n}`;
    return [
      {
        kind: 'order',
        time: at,
        order: { id, market, kind: 'market', side: 'buy', decidedAt: at, exposure: 1, reason: 'enterLong', target: true, bars: 0 },
      },
      {
        kind: 'fill',
        time: at,
        id,
        market,
        side: 'buy',
        quantity: 0.2,
        price: trade.entryPrice,
        fee: 8.4,
        slippage: 1.7,
        factor: 1,
        maker: false,
        reason: 'enterLong',
      },
    ];
  });
  return {
    columns: { market, time, close, signal: forecast, forecast, actual, exposure },
    equity,
    trace: { market, signal: forecast, target: exposure, exposure, reason },
    trades,
    events: [...events, { kind: 'rejection', time: time[0] ?? START, id: `${market}/r`, market, reason: 'below the smallest order' }],
  };
}

function forecastReport(markets: readonly string[], time: Float64Array): ForecastReport {
  const folds = markets.flatMap((market) =>
    Array.from({ length: 4 }, (_, n): FoldSkill => {
      const at = (share: number) => iso(time[Math.min(time.length - 1, Math.floor(share * time.length))] ?? START);
      return {
        ...skillOf({ skillVsPersistence: n === 3 ? null : 0.02 * (n - 1) }),
        market,
        from: at(n / 4),
        to: at((n + 1) / 4),
        fit: `f${n}${'0'.repeat(62)}`,
      };
    }),
  );
  return forecastOf({ folds });
}

function fitSummaries(markets: readonly string[], first: string): FitSummary[] {
  return markets.flatMap((market) =>
    Array.from({ length: 4 }, (_, n): FitSummary => {
      const trained = {
        key: `f${n}${'0'.repeat(62)}`,
        market,
        model: 'gru',
        requestedAt: first,
        trainedFrom: first,
        trainedTo: first,
        samples: 850,
        validationSamples: 150,
        epochs: 6,
        bestEpoch: 4,
        seconds: 0.42,
        cached: n === 1,
        losses: [1.1, 1, 0.96, 0.94, 0.93, 0.92],
        validationLosses: [1.05, 1.02, 1.01, 1, 1.01, 1.02],
      };
      return n < 3 ? trained : { ...trained, losses: [], validationLosses: [], epochs: 0, bestEpoch: 0, refused: 'the loss is not finite' };
    }),
  );
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
