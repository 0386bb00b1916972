import { firstRowAt } from '../core/bars.ts';
import { run } from '../core/engine.ts';
import { isoInstant } from '../core/instant.ts';
import type { Panel } from '../core/panel.ts';
import type { Outlook } from '../core/policy.ts';
import type { State, Trace } from '../core/trace.ts';
import { columnsHash } from '../data/store.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import { verdict } from '../report/verdict.ts';
import { roundTrips } from '../statistics/round-trip.ts';
import { type Bot, modelName } from '../walk/bot.ts';
import { digest } from '../walk/digest.ts';
import { holdAll, sumOf } from '../walk/holding.ts';
import type { Predictions, Surroundings } from '../walk/predictions.ts';
import { type RowRange, wholeSetup } from '../walk/walk.ts';
import { assumptions } from './assumptions.ts';
import { bounds, breakEvenFees, waterfall } from './costs.ts';
import { checkDecisions } from './decisions.ts';
import { figuresOf } from './figures.ts';
import { evaluationStart, type MarketData, prepareBot, untradable } from './preparation.ts';
import type { Backtest, DataSummary, FitSummary, MarketColumns, RunResult, TradeRow } from './result.ts';
import { scoreForecasts } from './score.ts';
import type { TrialLedger } from './trials.ts';

export interface BacktestSurroundings extends Surroundings {
  readonly trials: TrialLedger;
  /** The present instant, ISO 8601; recorded with the trial, part of no result. */
  readonly now: () => string;
  /** The configuration as plain JSON, printed in the report and part of the run's id. */
  readonly config: unknown;
}

/**
 * One long tick: fits along the walk, their forecasts, the fold over all slices of the trading period, and what it amounts to
 * beside buy & hold and the baselines. Throws a DataError where the data do not suffice, and the signal's reason when aborted.
 */
export async function backtestBot(bot: Bot, data: readonly MarketData[], around: BacktestSurroundings): Promise<Backtest> {
  const refusal = untradable(bot);
  if (refusal) throw new TypeError(refusal);
  const prepared = await prepareBot(bot, data, around);
  const { panel, predictions, forecasts, timings } = prepared;
  const started = around.clock();
  const whole = wholeSetup(bot, prepared);
  const from = evaluationStart(bot, whole);
  const { to } = whole;
  const setup = { ...whole, from };
  const finished = run(setup);
  checkDecisions(setup, finished);
  const { trace, state } = finished;
  const holding = holdAll(bot, panel, from, to);
  const evaluated = panel.markets.map(
    (bars): RowRange => ({ from: firstRowAt(bars, trace.closeTime[0]! - bars.intervalMs), to: bars.length }),
  );
  const ran = around.clock();

  const traceDigest = digest(trace);
  const dataSummaries = data.map((market, m) =>
    summarise({ ...market, bars: panel.markets[m]! }, [...withoutFit(panel, market.bars.market, predictions), ...endingEarly(panel, m)]),
  );
  const strategyFigures = figuresOf(bot, [finished]);
  const holdingFigures = figuresOf(bot, holding);
  const held = sumOf(holding.map((one) => one.trace));
  const ambiguousBars = trace.events.filter(({ kind }) => kind === 'ambiguity').length;
  const report: Omit<RunResult, 'verdict' | 'trials'> = {
    schema: 'paperwalk/run@1',
    runId: `${bot.name}-${contentHash([traceDigest, canonicalJson(around.config)]).slice(0, 12)}`,
    name: bot.name,
    digest: traceDigest,
    config: around.config,
    engine: predictions?.engine ?? null,
    data: dataSummaries,
    evaluation: {
      from: isoInstant(trace.closeTime[0]!),
      to: isoInstant(trace.closeTime[trace.closeTime.length - 1]!),
      bars: trace.closeTime.length,
      periodsPerYear: bot.periodsPerYear,
    },
    assumptions: {
      fill: bot.rules.fill,
      costs: { ...bot.rules.costs, slippage: typeof bot.rules.costs.slippage === 'number' ? bot.rules.costs.slippage : null },
      ambiguousBars,
      bounds: ambiguousBars > 0 ? bounds(setup, finished) : null,
      notes: assumptions(bot, panel),
    },
    performance: strategyFigures,
    buyAndHold: holdingFigures,
    costs: { ...waterfall(bot.rules.capital, finished), breakEvenFee: breakEvenFees(setup, holdingFigures.endEquity) },
    forecast: predictions && bot.model ? scoreForecasts(panel, modelName(bot, bot.model), bot.model.horizon, predictions, evaluated) : null,
    fits: predictions ? fitSummaries(predictions) : [],
    trades: trades(panel, trace),
    rejections: rejections(trace, state),
    guards: trace.events.flatMap((event) =>
      event.kind === 'guard'
        ? [{ time: isoInstant(event.time), market: event.market, guard: event.guard, action: event.action, reason: event.reason }]
        : [],
    ),
    equity: {
      times: Array.from(trace.closeTime, isoInstant),
      strategy: Array.from(trace.equity),
      buyAndHold: Array.from(held),
    },
    timings: { ...timings, run: (ran - started) / 1000 },
  };
  around.trials.append({
    time: around.now(),
    runId: report.runId,
    name: bot.name,
    configSha256: contentHash([canonicalJson(around.config)]),
    data: dataSummaries.map(({ market, sha256 }) => ({ market, sha256 })),
    bars: trace.closeTime.length,
    periodsPerYear: bot.periodsPerYear,
    sharpe: strategyFigures.sharpe,
    totalReturn: strategyFigures.totalReturn,
  });
  const counted = { ...report, trials: around.trials.count() };
  const words = verdict(counted);
  return {
    report: { ...counted, verdict: words },
    trace,
    buyAndHold: held,
    columns: columnsOf(panel, trace, forecasts, predictions, evaluated),
  };
}

/** Every order that led to no fill, with its reason; those still waiting when the bars ended come last. */
function rejections({ events }: Trace, { open }: State): RunResult['rejections'] {
  const refused = events.flatMap((event) => (event.kind === 'rejection' ? [event] : []));
  const waiting = open.map(({ decidedAt, market }) => ({ time: decidedAt, market, reason: 'still open when the bars ended' }));
  return [...refused, ...waiting].map(({ time, market, reason }) => ({ time: isoInstant(time), market, reason }));
}

function trades(panel: Panel, trace: Trace): TradeRow[] {
  const marks = new Map(panel.markets.map((bars) => [bars.market, bars.close[bars.length - 1]!]));
  const fills = trace.events.filter((event) => event.kind === 'fill');
  return roundTrips(fills, marks).map(({ open: _open, entryTime, exitTime, profit, profitFraction, ...trip }) => ({
    ...trip,
    entryTime: isoInstant(entryTime),
    exitTime: exitTime === null ? null : isoInstant(exitTime),
    profit: profit ?? 0,
    profitFraction: profitFraction ?? 0,
  }));
}

function fitSummaries({ records }: Predictions): FitSummary[] {
  return records.map(({ request, outcome, cached, seconds }) => {
    const fit = outcome.kind === 'fit' ? outcome.fit : undefined;
    return {
      key: request.key,
      market: request.market,
      model: request.model.kind,
      requestedAt: isoInstant(request.time),
      trainedFrom: isoInstant(request.trainedFrom),
      trainedTo: isoInstant(request.trainedTo),
      samples: request.trainCount,
      validationSamples: request.validationCount,
      epochs: fit?.epochs ?? 0,
      bestEpoch: fit?.bestEpoch ?? 0,
      seconds,
      cached,
      losses: fit?.losses ?? [],
      validationLosses: fit?.validationLosses ?? [],
      ...(outcome.kind === 'refused' && { refused: outcome.reason }),
    };
  });
}

/** Why a market had no forecast at all, where that is so: its share of the capital lay idle. */
function withoutFit(panel: Panel, market: string, predictions: Predictions | undefined): readonly string[] {
  const m = panel.markets.findIndex((bars) => bars.market === market);
  if (!predictions || predictions.forecasts.columns[m]!.some((value) => !Number.isNaN(value))) return [];
  const outcomes = [predictions, ...(predictions.members ?? []).map((member) => member.predictions)].flatMap((one) => [...one.outcomes]);
  const refused = outcomes.find(([name, outcome]) => name.startsWith(`${market}@`) && outcome.kind === 'refused')?.[1];
  return [`no fit served this market, so it was never traded${refused?.kind === 'refused' ? ` (${refused.reason})` : ''}`];
}

/** Slices without a bar at the end that are told. */
const MISSING_AT_END = 3;

/** That a market's bars end before those of others, where they do: what is held of it then stands at a price nobody pays any more. */
function endingEarly({ markets, row, closeTime }: Panel, m: number): readonly string[] {
  const slices = row[m]!;
  const missing = slices.length - 1 - slices.lastIndexOf(markets[m]!.length - 1);
  if (missing < MISSING_AT_END) return [];
  const last = isoInstant(closeTime[slices.length - 1 - missing]!);
  return [
    `its bars end at ${last}, ${missing} slices before those of others: until the end what is held of it is valued at its last close`,
  ];
}

/** What a report says of a market's data, which are the bars that were used and no others; `more` are further warnings. */
export function summarise({ bars, origin, truth, warnings = [] }: MarketData, more: readonly string[] = []): DataSummary {
  return {
    market: bars.market,
    origin,
    bars: bars.length,
    from: isoInstant(bars.openTime[0]!),
    to: isoInstant(bars.openTime[bars.length - 1]!),
    sha256: columnsHash(bars),
    warnings: [...warnings, ...more],
    ...(truth !== undefined && { truth }),
  };
}

function columnsOf(
  panel: Panel,
  trace: Trace,
  forecasts: readonly Float64Array[],
  predictions: Predictions | undefined,
  ranges: readonly RowRange[],
): MarketColumns[] {
  return panel.markets.map((bars, m) => {
    const { from, to } = ranges[m]!;
    const { market, signal, exposure } = trace.market[m]!;
    const rows = panel.row[m]!.subarray(panel.closeTime.length - trace.closeTime.length);
    const present = (column: Float64Array) => column.filter((_, slice) => rows[slice]! >= 0);
    return {
      market,
      time: bars.openTime.subarray(from, to).map((time) => time + bars.intervalMs),
      close: bars.close.subarray(from, to),
      signal: present(signal),
      forecast: forecasts[m]!.subarray(from, to),
      ...(predictions?.forecasts.spread && { spread: predictions.forecasts.spread[m]!.subarray(from, to) }),
      ...spokenOf(predictions?.forecasts.outlooks, m, from, to),
      actual: predictions ? predictions.inputs[m]!.returns.subarray(from, to) : new Float64Array(to - from).fill(Number.NaN),
      exposure: present(exposure),
    };
  });
}

/** The columns of an outlook in which something is said, of any market. */
function spokenOf(outlooks: readonly Outlook[] = [], m: number, from: number, to: number): Partial<MarketColumns> {
  const spoken = (['lower', 'upper', 'probability'] as const).filter((name) =>
    outlooks.some((outlook) => !outlook[name].every(Number.isNaN)),
  );
  return Object.fromEntries(spoken.map((name) => [name, outlooks[m]![name].subarray(from, to)]));
}
