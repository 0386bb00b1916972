import { z } from 'zod';
import { experimentDocument, historyDocument, metadataDocument } from './experiment-document.ts';
import { modelDocument, modelsDocument } from './models-document.ts';
import { paperDocuments } from './paper-documents.ts';
import { predictDocument } from './predict-document.ts';

// What the command line tool prints under --json, for those who read it with a program. Unknown fields are allowed: a later
// version may say more, but never less, under the same schema name.

const figure = z.number().nullable();
const instant = z.iso.datetime();

function figures<const Names extends readonly string[]>(names: Names) {
  return Object.fromEntries(names.map((name) => [name, figure])) as { [Name in Names[number]]: typeof figure };
}

const performance = z.looseObject({
  startEquity: z.number(),
  endEquity: z.number(),
  totalReturn: z.number(),
  maxDrawdown: z.number().max(0),
  maxDrawdownBars: z.int().min(0),
  exposure: z.number().min(0).max(1),
  fees: z.number().min(0),
  slippage: z.number(),
  funding: z.number(),
  roundTrips: z.int().min(0),
  ...figures(['cagr', 'sharpe', 'sortino', 'calmar', 'volatility', 'turnover', 'winRate', 'profitFactor']),
});

const test = z.looseObject(figures(['statistic', 'pValue']));
const errors = figures(['rmse', 'mae', 'r2', 'bias']);
const skill = {
  bars: z.int().min(0),
  unscored: z.int().min(0),
  horizon: z.int().min(1),
  return: z.looseObject(errors),
  price: z.looseObject({ ...errors, ...figures(['mape', 'negativeShare']) }),
  ...figures(['directionAccuracy', 'majorityShare', 'skillVsPersistence']),
  dieboldMariano: test,
  pesaranTimmermann: test,
};

const breakEven = z
  .discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('fee'), fee: z.number().min(0) }),
    z.looseObject({ kind: z.enum(['behind', 'ahead']) }),
  ])
  .nullable();

/** `backtest --json` and `result.json`. */
export const runDocument = z.looseObject({
  schema: z.literal('paperwalk/run@1'),
  runId: z.string(),
  name: z.string(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  config: z.looseObject({}),
  engine: z.string().nullable(),
  data: z.array(
    z.looseObject({
      market: z.string(),
      origin: z.string(),
      bars: z.int(),
      from: instant,
      to: instant,
      sha256: z.string(),
      warnings: z.array(z.string()),
      truth: z.string().optional(),
    }),
  ),
  evaluation: z.looseObject({ from: instant, to: instant, bars: z.int(), periodsPerYear: z.number() }),
  assumptions: z.looseObject({
    fill: z.enum(['next-open', 'next-close', 'this-close']),
    costs: z.looseObject({ taker: z.number(), slippage: figure }),
    ambiguousBars: z.int(),
    bounds: z.looseObject({ worst: z.number(), best: z.number() }).nullable(),
    notes: z.array(z.string()),
  }),
  performance,
  buyAndHold: performance,
  costs: z.looseObject({
    gross: z.number(),
    fees: z.number(),
    slippage: z.number(),
    funding: z.number(),
    interest: z.number(),
    shortfall: z.number(),
    net: z.number(),
    breakEvenFee: z.looseObject({ profit: breakEven, buyAndHold: breakEven }),
  }),
  forecast: z
    .looseObject({
      model: z.string(),
      ...skill,
      baselines: z.array(z.looseObject({ name: z.string(), ...skill })),
      folds: z.array(z.looseObject({ market: z.string(), from: instant, to: instant, fit: z.string(), ...skill })),
    })
    .nullable(),
  fits: z.array(
    z.looseObject({
      key: z.string(),
      market: z.string(),
      model: z.string(),
      requestedAt: instant,
      trainedFrom: instant,
      trainedTo: instant,
      samples: z.int(),
      validationSamples: z.int(),
      epochs: z.int(),
      bestEpoch: z.int(),
      seconds: z.number(),
      cached: z.boolean(),
      losses: z.array(z.number()),
      validationLosses: z.array(z.number()),
      refused: z.string().optional(),
    }),
  ),
  trades: z.array(
    z.looseObject({
      market: z.string(),
      side: z.enum(['long', 'short']),
      entryTime: instant,
      exitTime: instant.nullable(),
      quantity: z.number().positive(),
      entryPrice: z.number(),
      exitPrice: figure,
      fees: z.number(),
      profit: z.number(),
      profitFraction: z.number(),
      exitReason: z.string().nullable(),
    }),
  ),
  rejections: z.array(z.looseObject({ time: instant, market: z.string(), reason: z.string() })),
  guards: z.array(
    z.looseObject({
      time: instant,
      market: z.string().nullable(),
      guard: z.string(),
      action: z.enum(['acts', 'ends']),
      reason: z.string(),
    }),
  ),
  equity: z.looseObject({ times: z.array(instant), strategy: z.array(z.number()), buyAndHold: z.array(z.number()) }),
  trials: z.int().min(1),
  verdict: z.string(),
  timings: z.looseObject({ features: z.number(), training: z.number(), run: z.number() }),
});

/** `compare --json`. */
const compareDocument = z.looseObject({
  schema: z.literal('paperwalk/compare@1'),
  comparisonId: z.string(),
  runs: z.array(
    z.looseObject({
      label: z.string(),
      runId: z.string(),
      name: z.string(),
      digest: z.string(),
      from: instant,
      to: instant,
      bars: z.int(),
      interval: z.string().nullable(),
      capital: z.number(),
      fill: z.string(),
      costs: z.looseObject({}),
      data: z.array(z.looseObject({ market: z.string(), sha256: z.string() })),
      performance,
      buyAndHold: performance,
      difference: z.number(),
      common: z.looseObject({ totalReturn: z.number(), buyAndHold: z.number(), difference: z.number() }).nullable(),
    }),
  ),
  common: z.looseObject({ from: instant, to: instant }).nullable(),
  differences: z.array(z.looseObject({ path: z.string(), values: z.array(z.unknown()) })),
  warnings: z.array(z.string()),
  verdict: z.string(),
});

/** `bars --json`. */
export const barsDocument = z.looseObject({
  schema: z.literal('paperwalk/bars@1'),
  markets: z.array(
    z.looseObject({
      market: z.string(),
      interval: z.string(),
      sha256: z.string().nullable(),
      calendar: z.string(),
      from: instant.nullable(),
      to: instant.nullable(),
      bars: z.int(),
      errors: z.int(),
      warnings: z.int(),
      counts: z.record(z.string(), z.int()),
      missing: z.int(),
      longestGapMs: z.number(),
      gaps: z.array(z.looseObject({ row: z.int(), from: instant, to: instant, missing: z.int() })),
      problems: z.array(
        z.looseObject({
          severity: z.enum(['error', 'warning']),
          kind: z.string(),
          row: z.int(),
          line: z.int().optional(),
          time: instant.nullable(),
          message: z.string(),
        }),
      ),
      // Of stored series only.
      behind: z.int().nullable().optional(),
      answered: z.array(z.looseObject({ from: instant, to: instant })).optional(),
      revisions: z.int().optional(),
      repairs: z.array(z.looseObject({ at: instant, kind: z.string(), bars: z.int() })).optional(),
      information: z.looseObject({ seen: instant, checked: instant, kind: z.string() }).optional(),
    }),
  ),
});

/** `fetch --json`. */
export const fetchDocument = z.looseObject({
  schema: z.literal('paperwalk/fetch@1'),
  exchange: z.string(),
  interval: z.string(),
  // Requests sent, further tries included.
  calls: z.int(),
  markets: z.array(
    z.union([
      z.looseObject({
        market: z.string(),
        bars: z.int(),
        added: z.int(),
        revised: z.int(),
        refused: z.array(z.looseObject({ time: instant.nullable(), reason: z.string() })),
        refusedCandles: z.int(),
        from: instant.nullable(),
        to: instant.nullable(),
        calls: z.int(),
        gaps: z.int(),
        missing: z.int(),
        unanswered: z.int(),
        fundingRates: z.int(),
      }),
      z.looseObject({ market: z.string(), error: z.string() }),
    ]),
  ),
});

/** `doctor --json`. */
export const doctorDocument = z.looseObject({
  schema: z.literal('paperwalk/doctor@1'),
  healthy: z.boolean(),
  checks: z.array(z.looseObject({ name: z.string(), status: z.enum(['ok', 'warn', 'fail']), message: z.string() })),
});

const cell = {
  endEquity: z.number(),
  totalReturn: z.number(),
  sharpe: figure,
  maxDrawdown: z.number().max(0),
  fees: z.number().min(0),
  roundTrips: z.int().min(0),
};

/** `search --json` and `backtest --sweep costs --json`. */
export const searchDocument = z.looseObject({
  schema: z.literal('paperwalk/search@1'),
  searchId: z.string(),
  name: z.string(),
  exploratory: z.literal(true),
  axes: z.array(z.looseObject({ path: z.string(), values: z.array(z.unknown()) })),
  evaluation: z.looseObject({ from: instant, to: instant, bars: z.int(), periodsPerYear: z.number() }),
  buyAndHold: z.looseObject(cell),
  cells: z.array(
    z.union([
      z.looseObject({ values: z.array(z.unknown()), ...cell }),
      z.looseObject({ values: z.array(z.unknown()), refused: z.string() }),
    ]),
  ),
  expectedBestSharpe: figure,
  trials: z.int().min(1),
  seconds: z.looseObject({ forecasts: z.number(), cells: z.number() }),
});

/** Every published document by the name of its file in `schema/`. */
export const documents = {
  run: runDocument,
  search: searchDocument,
  compare: compareDocument,
  bars: barsDocument,
  fetch: fetchDocument,
  doctor: doctorDocument,
  models: modelsDocument,
  model: modelDocument,
  experiment: experimentDocument,
  history: historyDocument,
  metadata: metadataDocument,
  predict: predictDocument,
  ...paperDocuments,
} as const;
